/** A pattern as a tree. A part that is repeated a number of times is the same object each time. */
export type PatternNode =
  | { readonly type: 'nothing' }
  | { readonly type: 'character'; readonly test: (character: string) => boolean }
  | { readonly type: 'place'; readonly test: (text: string, at: number) => boolean }
  | { readonly type: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly type: 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly type: 'star'; readonly part: PatternNode }

export const nothing: PatternNode = { type: 'nothing' }
