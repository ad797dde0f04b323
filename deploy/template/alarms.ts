import type { FunctionRow } from "./function-resources.ts";
import { condition, indent } from "./text.ts";

/** An alarm on one metric, above its threshold once. */
interface Alarm {
  readonly name: string;
  readonly condition?: string;
  /** What happened. What to do. */
  readonly description: string;
  /** In the namespace `rekey`, or of a queue in AWS/SQS. */
  readonly metric: string;
  readonly queue?: string;
  /** A dimension besides the stack's name. */
  readonly of?: { readonly name: string; readonly value: string };
  readonly statistic: "Maximum" | "Sum";
  readonly periodSeconds: 60 | 300 | 3600;
  readonly periods?: number;
  readonly threshold?: string;
}

const finding = (value: string) =>
  ({ metric: "Findings", of: { name: "Finding", value }, statistic: "Sum", periodSeconds: 3600 }) as const;
const waiting = (queue: string) =>
  ({ metric: "ApproximateNumberOfMessagesVisible", queue, statistic: "Maximum", periodSeconds: 60 }) as const;

const alarms: readonly Alarm[] = [
  {
    name: "DeadLetterAlarm",
    description: "rekey gave up on a message. Look at it in the dead-letter queue, fix the cause, then redrive it.",
    ...waiting("DeadLetterQueue"),
  },
  {
    name: "UndeliveredEventsAlarm",
    description: "A rule of rekey's could not deliver an event. Its message says why; fix that, then redrive it.",
    ...waiting("UndeliveredEventsQueue"),
  },
  {
    name: "SkippedSecretsAlarm",
    description: "rekey could not examine a secret. The function's log says which and why.",
    metric: "SecretsSkipped",
    statistic: "Sum",
    periodSeconds: 3600,
  },
  {
    name: "DeadCredentialAlarm",
    condition: "ChecksLogins",
    description:
      "A server refuses AWSCURRENT of a secret. The log of check-login says which; rotate the secret, or run rekey doctor.",
    ...finding("current-refused"),
  },
  {
    name: "StuckRotationAlarm",
    condition: "OwnsBus",
    description: "A rotation does not finish. Run rekey doctor on the secret that the log of reconcile names.",
    ...finding("pending-stuck"),
  },
  {
    name: "OverdueRotationAlarm",
    condition: "OwnsBus",
    description:
      "A secret is older than its schedule allows. Run rekey doctor on the secret that the log of reconcile names.",
    ...finding("rotation-overdue"),
  },
  {
    name: "OldestSecretAlarm",
    condition: "HasMaximumSecretAge",
    description:
      "A secret's value is older than MaximumSecretAgeDays. The log of reconcile names the oldest secret of each hundred; rotate it, or put it on a schedule.",
    metric: "OldestSecretAgeDays",
    statistic: "Maximum",
    periodSeconds: 3600,
    threshold: "!Ref MaximumSecretAgeDays",
  },
  {
    name: "NeedsAHumanAlarm",
    condition: "Rotates",
    description: "A failure does not repair itself. The function's log has its code; docs/runbook.md says what to do.",
    metric: "Failures",
    of: { name: "Disposition", value: "intervene" },
    statistic: "Sum",
    periodSeconds: 300,
  },
  {
    name: "UnsavedChangeAlarm",
    condition: "Rotates",
    description:
      "A server could not save a rotated password and forgets it at its next restart. The log of rotate-redis names host and user (change-until-restart); give the server a file of users that it may write.",
    metric: "UnsavedChanges",
    statistic: "Sum",
    periodSeconds: 300,
  },
  {
    name: "MirrorLagAlarm",
    condition: "MirrorToVault",
    description: "Vault has not had a new version for ten minutes. The log of mirror-to-vault says why.",
    metric: "ApproximateAgeOfOldestMessage",
    queue: "MirrorQueue",
    statistic: "Maximum",
    periodSeconds: 60,
    periods: 3,
    threshold: "600",
  },
];

const dimension = (name: string, value: string): string => `\n    - Name: ${name}\n      Value: ${value}`;

const dimensions = ({ queue, of }: Alarm): string =>
  queue === undefined
    ? dimension("Stack", "!Ref AWS::StackName") + (of === undefined ? "" : dimension(of.name, of.value))
    : dimension("QueueName", `!GetAtt ${queue}.QueueName`);

const exceeded = (threshold: string): string => `\
Threshold: ${threshold}
    ComparisonOperator: GreaterThanThreshold
    TreatMissingData: notBreaching`;

const alarm = (row: Alarm): string => `\
${row.name}:
  Type: AWS::CloudWatch::Alarm${condition(row.condition)}
  Properties:
    AlarmDescription: ${row.description}
    Namespace: ${row.queue === undefined ? "rekey" : "AWS/SQS"}
    MetricName: ${row.metric}
    Dimensions:${dimensions(row).replaceAll("\n", "\n  ")}
    Statistic: ${row.statistic}
    Period: ${row.periodSeconds}
    EvaluationPeriods: ${row.periods ?? 1}
    ${exceeded(row.threshold ?? "0")}
    AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]
`;

const throttles = ({ name }: FunctionRow): string => `\
- Id: ${name.replaceAll("-", "_")}
  ReturnData: false
  MetricStat:
    Metric:
      Namespace: AWS/Lambda
      MetricName: Throttles
      Dimensions:
        - Name: FunctionName
          Value: !Sub \${AWS::StackName}-${name}
    Period: 300
    Stat: Sum`;

/** A queue's function that is throttled only waits; a step of a rotation that is throttled is a try lost. */
const throttledRotations = (rotating: readonly FunctionRow[]): string => `\
# It is charged as one alarm for each function, so it is there only when somebody is told.
ThrottledRotationsAlarm:
  Type: AWS::CloudWatch::Alarm
  Condition: TellsOfThrottles
  Properties:
    AlarmDescription: Lambda refused steps of rotations. Raise ReservedConcurrency or the account's limit.
    Metrics:
      - Id: throttled
        Expression: SUM(METRICS())
${indent(6, rotating.map(throttles).join("\n"))}
    EvaluationPeriods: 1
    ${exceeded("0")}
    AlarmActions: [!Ref AlarmTopicArn]
`;

export const alarmResources = (rotating: readonly FunctionRow[]): string =>
  [...alarms.map(alarm), throttledRotations(rotating)].join("\n");
