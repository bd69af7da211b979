/** What a broker calls the place of its logs. There is one, and it is memory. */
export const logDir = '/memory'
