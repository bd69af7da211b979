import type { FaultKind } from './fault.ts'

const mostTopics = 4

/** A topic gets more partitions while it is in use. */
export const addPartitions: FaultKind<'add-partitions'> = {
  kind: 'add-partitions',
  draw(chance, atMs, cast) {
    return { kind: 'add-partitions', atMs, topic: chance.pick(cast.topics), count: chance.int(1, 2) }
  },
  apply({ topic, count }, stage) {
    stage.addPartitions(topic, count)
  },
}

/** A topic is made that nobody uses, so that metadata changes. */
export const makeTopic: FaultKind<'make-topic'> = {
  kind: 'make-topic',
  draw(chance, atMs, cast) {
    if (cast.made.topic >= mostTopics) return undefined
    cast.made.topic += 1
    return { kind: 'make-topic', atMs, topic: `late-${cast.made.topic}`, partitions: chance.int(1, 3) }
  },
  apply({ topic, partitions }, stage) {
    stage.makeTopic(topic, partitions)
  },
}
