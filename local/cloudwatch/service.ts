import type { Members } from "../../shared/answers/members.ts";
import { textList } from "../aws/members.ts";
import { AwsError, type AwsService } from "../aws/service.ts";

/** Amazon CloudWatch's alarms. No metric reaches them here, so each stays without data. */
export function createCloudWatch(place: {
  readonly region: string;
  readonly accountId: string;
  readonly names: () => readonly string[];
}): AwsService {
  const { region, accountId, names } = place;
  const arnOf = (name: string): string => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
  const describe = (input: Members): Members => {
    const wanted = textList(input, "AlarmNames");
    const found = names().filter((name) => wanted.length === 0 || wanted.includes(name));
    return {
      MetricAlarms: found.map((name) => ({
        AlarmName: name,
        AlarmArn: arnOf(name),
        StateValue: "INSUFFICIENT_DATA",
        StateReason: "Unchecked: Initial alarm creation",
      })),
      CompositeAlarms: [],
    };
  };
  return {
    name: "monitoring",
    targets: ["GraniteServiceVersion20100801"],
    action: (operation) => operation,
    resources: ({ input }) => textList(input, "AlarmNames").map(arnOf),
    async handle({ operation, input }) {
      if (operation === "DescribeAlarms") return { body: describe(input) };
      throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
    },
  };
}
