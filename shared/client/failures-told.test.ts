import { expect, test } from "vitest";
import { codes, type ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { manualClock } from "../testing/manual-clock.ts";
import type { ClientEvents } from "./client-events.ts";
import { requestBudget } from "./cache/request-budget.ts";
import { createSecretClient } from "./secret-client.ts";
import { servingRule } from "./cache/serving-rules.ts";

const ttlMs = 1_000;
const hour = 3_600_000;

test.each(Object.keys(codes) as ErrorCode[])(
  "a held value is served while the source says %s for as long as its rule says, and both events name the secret, the operation and the cause",
  async (code) => {
    const clock = manualClock();
    let failure: RekeyError | undefined;
    let asked = 0;
    await using client = createSecretClient({
      clock,
      ttlMs,
      maxDeniedMs: 60_000,
      maxStaleMs: hour,
      requestTimeoutMs: 1e7,
      random: () => 0,
      background: true,
      budget: requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock),
      source: {
        async read() {
          asked++;
          if (failure !== undefined) throw failure;
          return { versionId: "v1", value: new SecretValue("one") };
        },
      },
    });
    await client.get("orders");
    const told: [string, ClientEvents["stale"] | ClientEvents["error"]][] = [];
    for (const name of ["stale", "error"] as const) client.on(name, (event) => told.push([name, event]));
    failure = new RekeyError(code);
    asked = 0;
    clock.freeze(ttlMs + 500);
    expect(client.peek("orders")?.versionId).toBe("v1");
    await clock.advance(2_000);
    const { isRepeated, servedFor } = servingRule(code);
    const { hint, readerHint } = codes[code];
    expect(asked).toBe(isRepeated ? 3 : 1);
    const error = { code, hint: readerHint ?? hint, context: { secret: "orders", operation: "read" } };
    // Of a client that is closed nothing is told.
    expect(told.map(([name]) => name)).toEqual(code === "pool-closed" ? ["stale"] : ["stale", "error"]);
    for (const [, event] of told) expect(event).toMatchObject({ secretId: "orders", error });
    clock.freeze(60_000);
    const served = client.peek("orders")?.versionId;
    expect(served).toBe(servedFor === "maxStaleMs" ? "v1" : undefined);
    clock.freeze(hour);
    expect(client.peek("orders")).toBeUndefined();
  },
);
