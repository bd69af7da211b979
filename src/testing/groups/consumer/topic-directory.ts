/** What a group needs to know of a topic. */
export interface KnownTopic {
  readonly id: string
  readonly name: string
  readonly partitions: { readonly length: number }
}

/** The topics that there are, as the broker knows them that looks after the group. */
export interface TopicDirectory extends Iterable<KnownTopic> {
  byName(name: string): KnownTopic | undefined
  byId(id: string): KnownTopic | undefined
}
