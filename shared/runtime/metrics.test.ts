import { afterEach, expect, test, vi } from "vitest";
import { writeMetrics } from "./metrics.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function written(write: () => void): Readonly<Record<string, unknown>> {
  const stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  write();
  return JSON.parse(String(stdout.mock.calls[0]?.[0])) as Readonly<Record<string, unknown>>;
}
const directive = (dimensions: readonly string[], Name: string, Unit: string): object => ({
  Timestamp: expect.any(Number),
  CloudWatchMetrics: [{ Namespace: "rekey", Dimensions: [dimensions], Metrics: [{ Name, Unit }] }],
});

test("a metric has the stack's name as a dimension, so that two stacks of an account do not share it", () => {
  vi.stubEnv("REKEY_STACK", "rekey-dev");
  expect(written(() => writeMetrics({ Failures: 1 }, { Disposition: "retry" }))).toEqual({
    _aws: directive(["Stack", "Disposition"], "Failures", "Count"),
    Stack: "rekey-dev",
    Disposition: "retry",
    Failures: 1,
  });
});

test("a function outside of a stack has no such dimension, and an age is no count", () => {
  vi.stubEnv("REKEY_STACK", undefined);
  expect(written(() => writeMetrics({ OldestSecretAgeDays: 12.5 }))).toEqual({
    _aws: directive([], "OldestSecretAgeDays", "None"),
    OldestSecretAgeDays: 12.5,
  });
});
