import { type Invariant, placeKey } from './invariant.ts'

/** Nothing is in the log that nobody sent, nothing in another topic, and nothing in other words. */
export const onlyWhatWasSent: Invariant = {
  name: 'only-what-was-sent',
  begin() {
    const topics = new Map<string, string>()
    return {
      fact(fact) {
        if (fact.kind === 'sent') topics.set(fact.id, fact.topic)
        if (fact.kind !== 'stored') return undefined
        const where = `${placeKey(fact)} offset ${fact.offset}`
        if (!fact.intact) return `${where} holds ${fact.id}, and its bytes are not those that were sent`
        const topic = topics.get(fact.id)
        if (topic === undefined) return `${where} holds ${fact.id}, which nobody sent`
        return topic === fact.topic ? undefined : `${where} holds ${fact.id}, which was sent to ${topic}`
      },
    }
  },
}
