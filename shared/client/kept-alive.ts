/** The longest delay of a timer: 24 days. */
const longestMs = 2 ** 31 - 1;

let waiting = 0;
let handle: NodeJS.Timeout | undefined;

/**
 * Keeps the process alive until the work settles. The client's timers are unreferenced, so background work alone does not
 * keep a process alive. Everyone who waits shares one handle.
 */
export async function keptAlive<Result>(work: Promise<Result>): Promise<Result> {
  if (waiting++ === 0) handle = setInterval(() => undefined, longestMs);
  try {
    return await work;
  } finally {
    if (--waiting === 0) clearInterval(handle);
  }
}
