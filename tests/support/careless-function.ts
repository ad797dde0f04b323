import { EventEmitter } from "node:events";
import { lambda } from "../../shared/runtime/lambda.ts";

/** A driver's error, with what it was made of. */
const foreign = (): Error => Object.assign(new Error("canary-message"), { password: "canary-password" });

const faults: Readonly<Record<string, () => void>> = {
  rejection: () => void Promise.reject(foreign()),
  "rejection without an error": () => void Promise.reject({ password: "canary-password" }),
  "event without a listener": () => void setImmediate(() => new EventEmitter().emit("error", foreign())),
};

/** A function whose driver fails in the background, with nobody listening, while its work goes on. */
export const handler = lambda<{ readonly fault: string }, string>(
  ({ fault }) => ({ fault }),
  async ({ fault }) => {
    faults[fault]?.();
    await new Promise((resolve) => void setTimeout(resolve, 50));
    return { answer: "done", facts: {} };
  },
);
