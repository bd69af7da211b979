const maxLength = 249

/** What is wrong with a topic's name, in a sentence, or undefined when nothing is. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'a topic needs a name'
  if (name === '.' || name === '..') return `a topic cannot be called "${name}"`
  if (name.length > maxLength) {
    return `the topic name is ${name.length} characters long; ${maxLength} is the most`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `the topic name "${name}" may only have the letters a-z and A-Z, digits, ".", "_" and "-"`
  }
  return undefined
}

/**
 * Topics whose names differ in "." and "_" alone share the names of their metrics in Kafka, so it keeps only one
 * of them. Names that collide have the same key.
 */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
