import type { DeadLetter } from "../calm.ts";
import type { Kills } from "../killer.ts";
import type { World } from "../world.ts";

/** What rekey and EventBridge say of the troubles that the suite makes, and of no others. */
const injected = new Set([
  "INTERNAL_ERROR",
  "Runtime.ExitError",
  "Sandbox.Timedout",
  "THROTTLING",
  "events-unavailable",
  "mirror-unauthorized",
  "mirror-unavailable",
  "queue-unavailable",
  "store-throttled",
  "store-unavailable",
  "time-budget-spent",
]);

const members = (line: string): Readonly<Record<string, unknown>> => {
  try {
    return { ...JSON.parse(line) };
  } catch {
    return {};
  }
};

export interface Explained {
  /** By cause: a code of the log, what EventBridge said, or how Lambda names the end of a function. */
  readonly byCause: ReadonlyMap<string, number>;
  readonly unexplained: readonly string[];
}

/** Why each message is in a dead-letter queue, by the log of its tries and the list of killed functions. */
export function explain({ logs }: World, kills: Kills, letters: readonly DeadLetter[]): Explained {
  const codes = new Map<string, string>();
  for (const { line } of logs) {
    const { messageId, code } = members(line);
    if (typeof messageId === "string" && typeof code === "string") codes.set(messageId, code);
  }
  const byCause = new Map<string, number>();
  const unexplained: string[] = [];
  for (const { queue, message } of letters) {
    const told = message.attributes["ERROR_CODE"]?.StringValue;
    const code = told ?? codes.get(message.id) ?? kills.messages.get(message.id);
    if (code !== undefined && injected.has(code)) byCause.set(code, (byCause.get(code) ?? 0) + 1);
    else unexplained.push(`${queue}: ${code ?? "nothing was logged"}: ${message.body.slice(0, 300)}`);
  }
  return { byCause, unexplained };
}
