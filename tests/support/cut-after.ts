import type { CallOptions } from "../../shared/ports/call.ts";

/** A call whose deadline passes once it has been looked at this often: every statement looks at it. */
export function cutAfter(looks: number): CallOptions {
  const stop = new AbortController();
  let count = 0;
  return {
    get signal() {
      if (++count > looks) stop.abort();
      return stop.signal;
    },
  };
}
