import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { type CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { awsCall } from "../../../shared/aws/errors/aws-failure.ts";
import { stackResources } from "../../../shared/aws/cloudformation/stack-resources.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";

/** A stack's alarms by name, with the state of each: `OK`, `ALARM`, `INSUFFICIENT_DATA`. */
export type AlarmStates = (stack: string, call: CallOptions) => Promise<ReadonlyMap<string, string>>;

/** Returns how many there are. Errors: `aws-refused` where one is raised, or where there is none at all. */
export function isQuiet(states: ReadonlyMap<string, string>): number {
  const raised = [...states].filter(([, state]) => state === "ALARM").map(([name]) => name);
  if (raised.length === 0 && states.size > 0) return states.size;
  const reason = states.size === 0 ? "the stack has no alarm" : `raised: ${raised.join(", ")}`;
  throw new RekeyError("aws-refused", { context: { operation: "DescribeAlarms", reason } });
}

/** DescribeAlarms takes a hundred names. */
const mostNames = 100;

/** A stack's alarms as CloudWatch has them. */
export const alarmStates =
  (cloudFormation: CloudFormationClient, cloudWatch: CloudWatchClient): AlarmStates =>
  async (stack, call) => {
    const alarms = (await stackResources(cloudFormation, stack, call)).filter(
      ({ type }) => type === "AWS::CloudWatch::Alarm",
    );
    const AlarmNames = alarms.slice(0, mostNames).map(({ name }) => name);
    if (AlarmNames.length === 0) return new Map();
    const command = new DescribeAlarmsCommand({ AlarmNames, MaxRecords: mostNames });
    const { MetricAlarms = [] } = await awsCall(
      { operation: "DescribeAlarms", resource: stack },
      call,
      async (options) => cloudWatch.send(command, options),
    );
    return new Map(MetricAlarms.map(({ AlarmName = "", StateValue = "" }) => [AlarmName, StateValue]));
  };
