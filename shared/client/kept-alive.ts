/** The longest that a timer takes: 24 days. */
const longestMs = 2 ** 31 - 1;

let waiting = 0;
let handle: NodeJS.Timeout | undefined;

/**
 * Keeps the process alive until the work is done. All timers of the client are unreferenced, so that nothing that runs in
 * the background holds a process; whoever waits holds it here, for as long as that, and one handle serves all.
 */
export async function keptAlive<Result>(work: Promise<Result>): Promise<Result> {
  if (waiting++ === 0) handle = setInterval(() => undefined, longestMs);
  try {
    return await work;
  } finally {
    if (--waiting === 0) clearInterval(handle);
  }
}
