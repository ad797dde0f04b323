import { type CloudFormationClient, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { type EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { parse } from "yaml";
import type { CallOptions } from "../../ports/call.ts";
import type { Remains } from "../../ports/account.ts";
import { type StackResource, stackResources } from "./stack-resources.ts";

/** Logical ids that the template says to keep. YAML's own tags, such as !Sub, mean nothing here. */
async function keptIds(
  client: CloudFormationClient,
  StackName: string,
  { signal }: CallOptions,
): Promise<ReadonlySet<string>> {
  const command = new GetTemplateCommand({ StackName, TemplateStage: "Processed" });
  const { TemplateBody = "" } = await client.send(command, { abortSignal: signal });
  const { Resources = {} } = parse(TemplateBody, { logLevel: "silent" }) as {
    readonly Resources?: Readonly<Record<string, { readonly DeletionPolicy?: string }>>;
  };
  const kept = Object.entries(Resources).filter(([, { DeletionPolicy = "Delete" }]) => DeletionPolicy !== "Delete");
  return new Set(kept.map(([id]) => id));
}

async function foreignRules(
  client: EventBridgeClient,
  resources: readonly StackResource[],
  { signal }: CallOptions,
): Promise<readonly string[]> {
  const bus = resources.find(({ type }) => type === "AWS::Events::EventBus")?.name;
  if (bus === undefined) return [];
  // A rule's physical id is its bus and its name.
  const own = new Set(
    resources.flatMap(({ type, name }) => (type === "AWS::Events::Rule" ? [name.split("|").at(-1)] : [])),
  );
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListRulesCommand({ EventBusName: bus, NextToken }), { abortSignal: signal });
    // An archive has a rule of its own, which goes with it.
    for (const { Name = "", ManagedBy } of page.Rules ?? [])
      if (!own.has(Name) && ManagedBy === undefined) found.push(Name);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** What CloudFormation knows of a stack. Whatever it may not be asked, the page on removal says in general. */
export const stackRemains =
  (cloudFormation: CloudFormationClient, eventBridge: EventBridgeClient, stack: string): Remains =>
  async (call) => {
    try {
      const resources = await stackResources(cloudFormation, stack, call);
      const kept = await keptIds(cloudFormation, stack, call);
      return {
        kept: resources.filter(({ id }) => kept.has(id)).map(({ type, name }) => ({ type, name })),
        foreignRules: await foreignRules(eventBridge, resources, call),
      };
    } catch {
      return undefined;
    }
  };
