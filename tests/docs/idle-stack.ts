import { readFileSync } from "node:fs";
import { isMembers } from "../../shared/answers/members.ts";
import { record, recordList } from "../../local/aws/members.ts";
import { conditionHolds } from "../../local/template/intrinsics.ts";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import type { IdleStack } from "../../shared/capacity/idle-cost.ts";

const templateOf = (name: string) => readTemplate(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const whole = templateOf("template.yaml");
const endpoints = templateOf("templates/vpc-endpoints.yaml");
const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:*";

/** SecretsExamined, SecretsSkipped, MirrorsRepaired and OldestSecretAgeDays. */
const hourlyMetrics = 4;

/** What the template makes with these parameters, besides endpoints in so many zones and keys of its own. */
export function idleStack(
  given: Readonly<Record<string, string>>,
  { zones = 0, customerKeys = 0 }: { readonly zones?: number; readonly customerKeys?: number } = {},
): IdleStack {
  const scope = {
    parameters: bindParameters(whole.Parameters, { SecretArnPattern, ...given }),
    pseudo: {},
    conditions: whole.Conditions,
    resources: new Map(),
  };
  const made = Object.values(whole.Resources).filter(
    ({ Condition }) => typeof Condition !== "string" || conditionHolds(Condition, scope),
  );
  const of = (type: string) =>
    made.filter(({ Type }) => Type === type).map((resource) => record(resource, "Properties"));
  const metricsOf = (alarm: ReturnType<typeof record>): number =>
    Math.max(1, recordList(alarm, "Metrics").filter(({ MetricStat }) => isMembers(MetricStat)).length);
  const interfaces = Object.values(endpoints.Resources)
    .map((resource) => record(resource, "Properties"))
    .filter(({ VpcEndpointType }) => VpcEndpointType === "Interface");
  return {
    polledQueues: of("AWS::Serverless::Function").filter(({ Events }) => isMembers(Events)).length,
    alarmMetrics: of("AWS::CloudWatch::Alarm").reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    metrics: hourlyMetrics,
    dashboards: of("AWS::CloudWatch::Dashboard").length,
    customerKeys,
    endpointZones: interfaces.length * zones,
  };
}
