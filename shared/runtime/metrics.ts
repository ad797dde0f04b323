import { defined } from "../secrets/defined.ts";

/**
 * Writes numbers to the log in CloudWatch's embedded metric format, which makes metrics of them without a call.
 * `dimensions` must have few values: each combination is a metric that is paid for. `REKEY_STACK` is one more of them, so
 * that the alarms of two stacks in one account are their own.
 */
export function writeMetrics(
  values: Readonly<Record<string, number>>,
  dimensions: Readonly<Record<string, string>> = {},
): void {
  const { REKEY_STACK: Stack } = process.env;
  const all = { ...defined({ Stack }), ...dimensions };
  const metrics = Object.keys(values).map((Name) => ({ Name, Unit: Name.endsWith("Days") ? "None" : "Count" }));
  const _aws = {
    Timestamp: Date.now(),
    CloudWatchMetrics: [{ Namespace: "rekey", Dimensions: [Object.keys(all)], Metrics: metrics }],
  };
  process.stdout.write(`${JSON.stringify({ _aws, ...all, ...values })}\n`);
}
