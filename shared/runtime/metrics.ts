/**
 * Writes numbers to the log in CloudWatch's embedded metric format, which makes metrics of them without a call.
 * `dimensions` must have few values: each combination is a metric that is paid for.
 */
export function writeMetrics(
  values: Readonly<Record<string, number>>,
  dimensions: Readonly<Record<string, string>> = {},
): void {
  const metrics = Object.keys(values).map((Name) => ({ Name, Unit: "Count" }));
  const _aws = {
    Timestamp: Date.now(),
    CloudWatchMetrics: [{ Namespace: "rekey", Dimensions: [Object.keys(dimensions)], Metrics: metrics }],
  };
  process.stdout.write(`${JSON.stringify({ _aws, ...dimensions, ...values })}\n`);
}
