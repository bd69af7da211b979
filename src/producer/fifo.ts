/** First in, first out; taking from the front costs the same however long the list is. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The next item to be taken, or undefined when there is none. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    const items = this.#items
    const head = this.#head
    if (head === items.length) return undefined
    const item = items[head]
    items[head] = undefined
    this.#head = head + 1
    if (this.#head === items.length) {
      items.length = 0
      this.#head = 0
    } else if (this.#head >= 1024 && this.#head * 2 >= items.length) {
      // Half of the list is behind us: each item is moved at most once for one that was taken.
      items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  /** Takes everything out, in order. */
  takeAll(): T[] {
    const taken = (this.#head === 0 ? this.#items : this.#items.slice(this.#head)) as T[]
    this.#items = []
    this.#head = 0
    return taken
  }

  /** The item that was pushed last. */
  last(): T | undefined {
    return this.length === 0 ? undefined : this.#items[this.#items.length - 1]
  }
}
