import { inspect } from "node:util";
import { expect, test, vi } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { asRekeyError, reportUnsaved } from "./logger.ts";

test("a foreign error leaves as internal-fault with the name of its class and nothing else", () => {
  const foreign = Object.assign(new TypeError("canary in the message"), { config: { token: "canary in a field" } });
  const error = asRekeyError(foreign);
  expect(error).toMatchObject({ code: "internal-fault", disposition: "intervene", context: { name: "TypeError" } });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
});

test("rekey's own errors stay as they are", () => {
  const error = new RekeyError("store-throttled", { retryAfterMs: 5 });
  expect(asRekeyError(error)).toBe(error);
});

test("a change that a restart undoes is logged, and counted for its alarm", () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean(written.push(String(text))));
  reportUnsaved({ code: "change-until-restart", host: "db", user: "app" });
  spy.mockRestore();
  const [line, metric] = written.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(line).toMatchObject({ level: "WARN", message: "change-until-restart", host: "db", user: "app" });
  expect(metric).toMatchObject({ UnsavedChanges: 1, _aws: { CloudWatchMetrics: [{ Namespace: "rekey" }] } });
});
