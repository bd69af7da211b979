/**
 * What a connection does about a request: bytes to send, nothing at all, or to be closed; or the answer leaves in a
 * way of its own.
 */
export type Reply = Buffer[] | 'nothing' | 'hang up' | Delivery

/** An answer that takes its time on the wire. The next request waits until it says that it is done. */
export interface Delivery {
  /** The answer, where it is one as any other and only the next request has to wait. */
  readonly frame?: Buffer | undefined
  /** Begins. The function that it gives stops it, when the connection is closed before the end. */
  begin(outlet: Outlet): () => void
}

/** The connection, as a `Delivery` writes to it. */
export interface Outlet {
  write(bytes: Buffer): void
  /** The rest of the answer, behind all that was written. Once; then the connection goes on with the next request. */
  end(rest: Reply | Promise<Reply>): void
}
