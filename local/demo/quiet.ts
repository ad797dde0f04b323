import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "./world.ts";

const mostMinutes = 60;

/**
 * Until no queue has a message, minute by minute on the clock. What is in flight when the clock jumps is given out again and
 * again on the way, and ends as a dead letter.
 */
export async function quiet({ stack }: World): Promise<void> {
  const isBusy = (): boolean => stack.sqs.queues().some((queue) => queue.messages().length > 0);
  for (let minute = 0; isBusy() && minute < mostMinutes; minute++) {
    await sleep(50);
    await stack.lambda.idle();
    await stack.clock.advance(60_000);
  }
}
