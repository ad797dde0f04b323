import { dirname, resolve } from "node:path";
import { denial } from "../aws/iam.ts";
import type { Members } from "../../shared/answers/members.ts";
import { optionalInteger, record, textList } from "../aws/members.ts";
import type { Kms } from "../kms/service.ts";
import type { Lambda } from "../lambda/service.ts";
import type { Queue } from "../sqs/queue.ts";
import type { Sqs } from "../sqs/service.ts";
import type { CodeFolders } from "./code-folder.ts";
import type { Provider } from "./kinds/kind.ts";
import type { Roles } from "./kinds/roles.ts";
import type { Place } from "./prepare.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";
import type { StackRequest, Stacks } from "./stacks.ts";
import { objectOf } from "./template-location.ts";
import { defined } from "../../shared/secrets/defined.ts";

/** What of the local account stacks are made with. */
export interface Account {
  readonly call: (service: string, operation: string, input: Members) => Promise<Members>;
  readonly lambda: Lambda;
  readonly kms: Kms;
  readonly sqs: Sqs;
  readonly roles: Roles;
  readonly recorded: Map<string, Members>;
  readonly code: CodeFolders;
  readonly readAt: (location: string) => Promise<string>;
  readonly stacks: () => Stacks;
}

/** Lambda reads a queue with the function's role, and an encrypted one with its key as well. Errors: `TemplateError`. */
function checkReader({ lambda, kms, roles }: Account, functionName: string, queue: Queue, accountId: string): void {
  const role = roles.byName(lambda.roleName(functionName) ?? "");
  if (role === undefined) return;
  const caller = { arn: role.arn, accountId, policies: role.policies };
  for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]) {
    const reason = denial({ caller, action, resource: queue.arn, context: {} });
    if (reason !== undefined) throw new TemplateError(`its role may not call ${action} on ${queue.arn} ${reason}`);
  }
  const key = queue.attributes.get("KmsMasterKeyId");
  const context = { "kms:EncryptionContext:aws:sqs:arn": queue.arn, "kms:ViaService": viaSqs(queue.arn) };
  const noKey = key === undefined ? undefined : kms.refusal({ key, caller, actions: ["kms:Decrypt"], context });
  if (noKey !== undefined)
    throw new TemplateError(`its role may not read ${queue.arn}, whose key is ${String(key)} ${noKey}`);
}

const viaSqs = (queueArn: string): string => `sqs.${queueArn.split(":")[3] ?? ""}.amazonaws.com`;

function mapQueue(
  account: Account,
  accountId: string,
  functionName: string,
  queueArn: string,
  properties: Members,
): string {
  const queue = account.sqs.queue(queueArn);
  if (queue === undefined) throw new TemplateError(`there is no queue ${queueArn}`);
  checkReader(account, functionName, queue, accountId);
  const batchSize = optionalInteger(properties, "BatchSize");
  const windowSeconds = optionalInteger(properties, "MaximumBatchingWindowInSeconds");
  const maximumConcurrency = optionalInteger(record(properties, "ScalingConfig"), "MaximumConcurrency");
  return account.lambda.mapQueue(functionName, queue, {
    reportBatchItemFailures: textList(properties, "FunctionResponseTypes").includes("ReportBatchItemFailures"),
    ...defined({ batchSize }),
    ...(windowSeconds === undefined ? {} : { batchWindowMs: windowSeconds * 1000 }),
    ...defined({ maximumConcurrency }),
  });
}

/** How one stack makes its resources in the local account. */
export function stackProvider(
  { stackName, firstNumber, region, accountId }: Place,
  request: StackRequest,
  account: Account,
): Provider {
  const { folder, environment = {} } = request;
  const { lambda, stacks } = account;
  return {
    stackName,
    firstNumber,
    region,
    accountId,
    environment,
    call: account.call,
    roles: account.roles,
    recorded: account.recorded,
    deployFunction: async (definition) => lambda.deploy(definition),
    removeFunction: async (name) => lambda.remove(name),
    mapQueue: (functionName, queueArn, settings) => mapQueue(account, accountId, functionName, queueArn, settings),
    unmapQueue: (id) => lambda.unmapQueue(id),
    codeFolder: async (code) => account.code.of(code, folder),
    nested: {
      async deploy(name, location, parameters) {
        const place = objectOf(location) === undefined ? resolve(folder, location) : location;
        const body = await account.readAt(place);
        const inner = { name, body, folder: dirname(place), parameters, environment };
        const nested = await stacks()
          .deploy(inner)
          .catch(async (error: unknown) => {
            // One that was never made goes with the resource that asked for it.
            if (stacks().find(name)?.status === "ROLLBACK_COMPLETE") await stacks().remove(name);
            throw error;
          });
        const outputs = Object.entries(nested.outputs).map(([output, value]) => [`Outputs.${output}`, value]);
        return { ref: nested.id, attributes: Object.fromEntries(outputs) };
      },
      remove: async (name) => stacks().remove(name),
    },
  };
}
