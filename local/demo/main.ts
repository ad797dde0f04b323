import { constants } from "node:os";
import { judge } from "./judge.ts";
import { keepRunning } from "./keep-running.ts";
import { nextSteps } from "./next-steps.ts";
import { type Outcome, rotateUnderLoad } from "./rotate-under-load.ts";
import { startWorld, type World } from "./world.ts";

const keep = process.argv.includes("--keep");
const interruption = new AbortController();
let exitCode = 1;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // Not once: npm sends on to its children what the terminal has sent to all of them.
  process.on(signal, () => {
    exitCode = 128 + constants.signals[signal];
    interruption.abort();
  });
}
const { promise: interrupted, reject: interrupt } = Promise.withResolvers<never>();
interruption.signal.addEventListener("abort", interrupt);
interrupted.catch(() => undefined);

async function underLoad(world: World, cleanup: AsyncDisposableStack): Promise<readonly [Outcome, boolean]> {
  const outcome = await rotateUnderLoad(world, cleanup, interruption.signal);
  return [outcome, await judge(outcome)];
}

async function demo(): Promise<boolean> {
  await using cleanup = new AsyncDisposableStack();
  const world = await startWorld(cleanup, interruption.signal);
  const [outcome, allHolds] = await Promise.race([interrupted, underLoad(world, cleanup)]);
  if (keep) {
    await Promise.race([interrupted, keepRunning(outcome, cleanup, interruption.signal)]);
    await interrupted;
  }
  console.log(nextSteps());
  return allHolds;
}

try {
  if (await demo()) exitCode = 0;
} catch (error) {
  if (!interruption.signal.aborted) console.error(error);
}
process.exit(exitCode);
