import { type CloudFormationClient, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import type { CallOptions } from "../../ports/call.ts";
import { awsCall } from "../errors/aws-failure.ts";

export interface StackResource {
  readonly id: string;
  readonly type: string;
  /** Its physical id. */
  readonly name: string;
}

/** A stack's resources. Errors: `access-denied`, `aws-refused`, `time-budget-spent`. */
export async function stackResources(
  client: CloudFormationClient,
  StackName: string,
  call: CallOptions,
): Promise<readonly StackResource[]> {
  const found: StackResource[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListStackResourcesCommand({ StackName, NextToken });
    const page = await awsCall({ operation: "ListStackResources", resource: StackName }, call, async (options) =>
      client.send(command, options),
    );
    for (const one of page.StackResourceSummaries ?? []) {
      const { LogicalResourceId: id = "", ResourceType: type = "", PhysicalResourceId: name = "" } = one;
      found.push({ id, type, name });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}
