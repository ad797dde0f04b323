import type { Members } from "../../shared/answers/members.ts";
import { optionalText, text } from "../aws/members.ts";
import { AwsError, type AwsService } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { checkTemplate } from "../template/prepare.ts";
import { readTemplate, TemplateError } from "../../deploy/reading/read-template.ts";
import type { StackRecord, Stacks } from "../template/stacks.ts";
import { checkCapabilities, neededCapabilities } from "./capabilities.ts";
import { createChangeSets } from "./change-sets.ts";
import { describeEvent, describeResource, describeStack, describeTemplate } from "./describe.ts";
import { capabilitiesOf, stackRequest, templateBody, validation, type ReadTemplateAt } from "./input.ts";

export interface CloudFormationOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly stacks: Stacks;
  readonly readAt: ReadTemplateAt;
  /** Where paths of a template are relative to. */
  readonly folder: string;
}

/** Without what is empty, which is how the query protocol sends an empty list. */
const sent = (input: Members): Members => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== ""));

/**
 * AWS CloudFormation as far as one deploys with it: stacks, change sets and events. A stack is made, changed or gone by the
 * time the answer comes, so that a waiter finds it so at its first look.
 */
export function createCloudFormation(options: CloudFormationOptions): AwsService {
  const { clock, region, accountId, stacks, readAt, folder } = options;
  const arn = `arn:aws:cloudformation:${region}:${accountId}`;
  const changeSets = createChangeSets(stacks, { clock, arn });

  const stackOf = (input: Members): StackRecord => {
    const name = text(input, "StackName");
    const stack = stacks.find(name);
    if (stack === undefined) throw validation(`Stack with id ${name} does not exist`);
    return stack;
  };
  const request = async (input: Members) => {
    const before = stacks.find(text(input, "StackName"));
    const wanted = await stackRequest(input, { readAt, folder, before });
    checkCapabilities(readTemplate(wanted.body), capabilitiesOf(input));
    return wanted;
  };
  /** Errors of the template are the caller's; what fails later is told by the stack's status and events. */
  const deploy = async (input: Members, exists: boolean): Promise<Members> => {
    const wanted = await request(input);
    const found = stacks.find(wanted.name);
    const before = found?.status === "REVIEW_IN_PROGRESS" ? undefined : found;
    if (exists && before === undefined) throw validation(`Stack [${wanted.name}] does not exist`);
    if (!exists && before !== undefined)
      throw new AwsError("AlreadyExistsException", `Stack [${wanted.name}] already exists`);
    if (stacks.plan(wanted).length === 0 && exists) throw validation("No updates are to be performed.");
    try {
      await stacks.deploy(wanted);
    } catch (error) {
      if (!(error instanceof TemplateError) || stacks.find(wanted.name) === undefined) throw error;
    }
    return { StackId: stacks.find(wanted.name)?.id };
  };
  const validated = async (input: Members): Promise<Members> => {
    const template = readTemplate(await templateBody(input, readAt));
    checkTemplate(template);
    return {
      ...describeTemplate(template),
      Capabilities: neededCapabilities(template),
      CapabilitiesReason: "The template has resources that need them.",
    };
  };

  const operations: Readonly<Record<string, (input: Members) => Members | Promise<Members>>> = {
    CreateStack: (input) => deploy(input, false),
    UpdateStack: (input) => deploy(input, true),
    async DeleteStack(input) {
      const stack = stacks.find(text(input, "StackName"));
      if (stack !== undefined && stack.status !== "DELETE_COMPLETE")
        await stacks.remove(stack.name).catch((error: unknown) => {
          if (!(error instanceof TemplateError)) throw error;
        });
      return {};
    },
    DescribeStacks: (input) => {
      const name = optionalText(input, "StackName");
      return { Stacks: (name === undefined ? stacks.all() : [stackOf(input)]).map(describeStack) };
    },
    ListStacks: () => ({
      StackSummaries: stacks.all().map(describeStack),
    }),
    DescribeStackEvents: (input) => {
      const stack = stackOf(input);
      return { StackEvents: stack.events.map(describeEvent(stack)).toReversed() };
    },
    ListStackResources: (input) => {
      const stack = stackOf(input);
      return { StackResourceSummaries: [...stack.resources.values()].map(describeResource(stack)) };
    },
    DescribeStackResources: (input) => {
      const stack = stackOf(input);
      const wanted = optionalText(input, "LogicalResourceId");
      const resources = [...stack.resources.values()].filter(({ logicalId }) => (wanted ?? logicalId) === logicalId);
      return { StackResources: resources.map(describeResource(stack)) };
    },
    DescribeStackResource: (input) => {
      const stack = stackOf(input);
      const id = text(input, "LogicalResourceId");
      const resource = stack.resources.get(id);
      if (resource === undefined) throw validation(`Resource ${id} does not exist for stack ${stack.name}`);
      return { StackResourceDetail: describeResource(stack)(resource) };
    },
    GetTemplate: (input) => ({ TemplateBody: stackOf(input).request.body, StagesAvailable: ["Original"] }),
    async GetTemplateSummary(input) {
      const name = optionalText(input, "StackName");
      const body = name === undefined ? await templateBody(input, readAt) : stackOf(input).request.body;
      const template = readTemplate(body);
      return { ...describeTemplate(template), Capabilities: neededCapabilities(template) };
    },
    ValidateTemplate: validated,
    CreateChangeSet: async (input) => changeSets.create(input, await request(input)),
    DescribeChangeSet: (input) => changeSets.describe(input),
    ExecuteChangeSet: (input) => changeSets.execute(input),
    DeleteChangeSet: (input) => changeSets.remove(input),
    ListChangeSets: (input) => ({ Summaries: changeSets.list(text(input, "StackName")) }),
  };

  return {
    name: "cloudformation",
    xmlNamespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    resources: ({ input }) => {
      const name = optionalText(input, "StackName");
      return name === undefined ? [] : [name.startsWith("arn:") ? name : `${arn}:stack/${name}/*`];
    },
    async handle({ operation, input }) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError("InvalidAction", `The action ${operation} is not emulated.`);
      try {
        return { body: await run(sent(input)) };
      } catch (error) {
        if (error instanceof TemplateError) throw validation(`Template error: ${error.message}`);
        throw error;
      }
    },
  };
}
