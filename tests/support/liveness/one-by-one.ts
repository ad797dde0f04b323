import { setTimeout as pause } from "node:timers/promises";

/** One after the other: what is waited for is the only thing that can keep the process alive meanwhile. */
export type Waits = Readonly<Record<string, () => Promise<unknown>>>;

/** What a script tells of one wait. */
export interface Told {
  readonly wait: string;
  /** What kept the process alive before the wait began. */
  readonly before: readonly string[];
  readonly outcome: string;
}

/** The script's own output is a pipe, and a turn of the event loop an immediate. */
const own = new Set(["PipeWrap", "Immediate"]);
export const keepingAlive = (): string[] => process.getActiveResourcesInfo().filter((name) => !own.has(name));

/** Sockets of the wait before it take a moment to close. */
async function untilQuiet(): Promise<void> {
  for (let look = 0; look < 500 && keepingAlive().length > 0; look++) await pause(20);
}

const outcomeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? error.name) : typeof error;

/** A script of nothing but waits, that says how each ended, and at the end sets its own exit code. */
export async function oneByOne(waits: Waits, exitCode: number): Promise<void> {
  for (const [wait, begin] of Object.entries(waits)) {
    await untilQuiet();
    const before = keepingAlive();
    const outcome = await begin().then(() => "done", outcomeOf);
    process.stdout.write(`${JSON.stringify({ wait, before, outcome } satisfies Told)}\n`);
  }
  process.exitCode = exitCode;
}
