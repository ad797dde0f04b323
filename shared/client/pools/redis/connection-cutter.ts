import { setMaxListeners } from "node:events";

/**
 * A signal that cuts a socket and can be used for the next one as well: the driver gives the socket options that it was made
 * with to each of its sockets, and a signal of Node's own is spent once it has aborted.
 */
export class ConnectionCutter extends EventTarget {
  readonly aborted = false;
  reason: unknown;

  constructor() {
    super();
    // Duplicates of the client have it too.
    setMaxListeners(0, this);
  }

  cut(reason: Error): void {
    this.reason = reason;
    this.dispatchEvent(new Event("abort"));
  }

  get signal(): AbortSignal {
    return this as unknown as AbortSignal;
  }
}
