import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import type { CallOptions } from "../../ports/call.ts";
import { awsCall } from "../errors/aws-failure.ts";

export interface CallerAccount {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Who calls. */
  readonly callerArn: string;
}

/** Whose credentials these are. Errors: `aws-refused`, those of credentials. */
export async function callerAccount(sts: STSClient, call: CallOptions): Promise<CallerAccount> {
  const what = { operation: "GetCallerIdentity", resource: "*" };
  return awsCall(what, call, async (options) => {
    const { Account: account = "", Arn: callerArn = "" } = await sts.send(new GetCallerIdentityCommand({}), options);
    return { partition: callerArn.split(":")[1] ?? "aws", region: await sts.config.region(), account, callerArn };
  });
}
