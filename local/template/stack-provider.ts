import { dirname, resolve } from "node:path";
import { optionalInteger, record, textList, type Members } from "../aws/members.ts";
import type { Lambda } from "../lambda/service.ts";
import type { Sqs } from "../sqs/service.ts";
import type { CodeFolders } from "./code-folder.ts";
import type { Provider } from "./kinds/kind.ts";
import type { Roles } from "./kinds/roles.ts";
import type { Place } from "./prepare.ts";
import { TemplateError } from "./read-template.ts";
import type { StackRequest, Stacks } from "./stacks.ts";
import { objectOf } from "./template-location.ts";

/** What of the local account stacks are made with. */
export interface Account {
  readonly call: (service: string, operation: string, input: Members) => Promise<Members>;
  readonly lambda: Lambda;
  readonly sqs: Sqs;
  readonly roles: Roles;
  readonly recorded: Map<string, Members>;
  readonly code: CodeFolders;
  readonly readAt: (location: string) => Promise<string>;
  readonly stacks: () => Stacks;
}

function mapQueue({ lambda, sqs }: Account, functionName: string, queueArn: string, properties: Members): string {
  const queue = sqs.queue(queueArn);
  if (queue === undefined) throw new TemplateError(`there is no queue ${queueArn}`);
  const batchSize = optionalInteger(properties, "BatchSize");
  const windowSeconds = optionalInteger(properties, "MaximumBatchingWindowInSeconds");
  const maximumConcurrency = optionalInteger(record(properties, "ScalingConfig"), "MaximumConcurrency");
  return lambda.mapQueue(functionName, queue, {
    reportBatchItemFailures: textList(properties, "FunctionResponseTypes").includes("ReportBatchItemFailures"),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(windowSeconds === undefined ? {} : { batchWindowMs: windowSeconds * 1000 }),
    ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
  });
}

/** How one stack makes its resources in the local account. */
export function stackProvider(
  { stackName, region, accountId }: Place,
  request: StackRequest,
  account: Account,
): Provider {
  const { folder, environment = {} } = request;
  const { lambda, stacks } = account;
  return {
    stackName,
    region,
    accountId,
    environment,
    call: account.call,
    roles: account.roles,
    recorded: account.recorded,
    deployFunction: async (definition) => lambda.deploy(definition),
    removeFunction: async (name) => lambda.remove(name),
    mapQueue: (functionName, queueArn, settings) => mapQueue(account, functionName, queueArn, settings),
    unmapQueue: (id) => lambda.unmapQueue(id),
    codeFolder: async (code) => account.code.of(code, folder),
    nested: {
      async deploy(name, location, parameters) {
        const place = objectOf(location) === undefined ? resolve(folder, location) : location;
        const body = await account.readAt(place);
        const nested = await stacks().deploy({ name, body, folder: dirname(place), parameters, environment });
        const outputs = Object.entries(nested.outputs).map(([output, value]) => [`Outputs.${output}`, value]);
        return { ref: nested.id, attributes: Object.fromEntries(outputs) };
      },
      remove: async (name) => stacks().remove(name),
    },
  };
}
