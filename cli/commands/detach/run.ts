import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SNSClient } from "@aws-sdk/client-sns";
import { STSClient } from "@aws-sdk/client-sts";
import { callerAccount } from "../../../shared/aws/sts/caller-account.ts";
import { functionPresence } from "../../../shared/aws/lambda/function-facts.ts";
import { stackRemains } from "../../../shared/aws/cloudformation/stack-remains.ts";
import { snsTopic } from "../../../shared/aws/sns/topic-subscriptions.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { detachAll, type DetachEvent } from "../../../shared/operations/detach/detach-all.ts";
import { detachmentsNamed, detachmentsOfStack } from "../../../shared/operations/detach/find-detachments.ts";
import type { DetachPorts } from "../../../shared/operations/detach/detach-secret.ts";
import type { Topic } from "../../../shared/ports/account.ts";
import { operatorLimits } from "../../../shared/runtime/operator-limits.ts";
import type { CommandContext, Options, Run } from "../../command.ts";
import { type DetachPlan, planText } from "./detach-text.ts";
import { flagOption, textOption } from "../../options.ts";
import { operator } from "../../wiring/operator.ts";
import { print, printJson, roomToPrint } from "../../output/output.ts";
import { coloured, confirmed } from "../../output/terminal.ts";
import { defined } from "../../../shared/secrets/defined.ts";

const portsOf = (): DetachPorts => ({
  ...operator(),
  functionExists: functionPresence(new LambdaClient(operatorLimits)),
});

async function topicOf(stack: string, call: CommandContext): Promise<Topic> {
  const { partition, region, account } = await callerAccount(new STSClient(operatorLimits), call);
  return snsTopic(new SNSClient(operatorLimits), `arn:${partition}:sns:${region}:${account}:${stack}-secret-rotated`);
}

interface Planned {
  readonly plan: DetachPlan;
  readonly topic?: Topic;
}

async function planOf(
  ports: DetachPorts,
  words: readonly string[],
  options: Options,
  call: CommandContext,
): Promise<Planned> {
  const stack = textOption(options, "stack");
  const removeTags = flagOption(options, "removeTags");
  const keepSubscriptions = flagOption(options, "keepSubscriptions");
  if ((stack === undefined) === (words.length === 0)) {
    const hint = "name secrets, or say --stack <name>, one of the two";
    throw new RekeyError("option-invalid", { context: { option: "stack", problem: "which ones" }, hint });
  }
  if (stack === undefined) {
    const secrets = await detachmentsNamed(ports, words, call);
    return { plan: { secrets, removeTags, subscriptions: [], keepSubscriptions } };
  }
  const topic = await topicOf(stack, call);
  const remains = await stackRemains(
    new CloudFormationClient(operatorLimits),
    new EventBridgeClient(operatorLimits),
    stack,
  )(call);
  const plan: DetachPlan = {
    secrets: await detachmentsOfStack(ports, stack, call),
    removeTags,
    subscriptions: await topic.subscriptions(call),
    keepSubscriptions,
    ...defined({ remains }),
  };
  return { plan, topic };
}

function text(event: DetachEvent): readonly string[] {
  if (event.type === "unsubscribed") return [`${event.type}  ${event.protocol} ${event.endpoint}`];
  const outcome = event.outcome.padEnd(12);
  if (event.outcome !== "failed") return [`${outcome}  ${event.name}`];
  return [`${coloured("red", outcome)}  ${event.name}`, `${" ".repeat(14)}${event.code}: ${event.hint}`];
}

/** Switches rotation off for the secrets of a stack, so that the stack can be deleted. */
export const run: Run = async (words, options, context) => {
  const ports = portsOf();
  const json = flagOption(options, "json");
  const { plan, topic } = await planOf(ports, words, options, context);
  if (flagOption(options, "dryRun")) {
    if (json) printJson({ outcome: "planned", ...plan });
    else print(...planText(plan), "nothing was changed");
    return 0;
  }
  if (!(await confirmed(planText(plan), flagOption(options, "yes"), context.signal))) return 1;
  const { secrets, removeTags, subscriptions, keepSubscriptions } = plan;
  const removed = topic === undefined || keepSubscriptions ? {} : { topic: { of: topic, remove: subscriptions } };
  let failed = 0;
  for await (const event of detachAll(ports, secrets, { removeTags, ...removed }, context)) {
    if (event.type === "secret" && event.outcome === "failed") failed += 1;
    if (json) printJson(event);
    else print(...text(event));
    await roomToPrint();
  }
  if (failed === 0) return 0;
  if (!json) print(`${failed} of ${secrets.length} not detached: run the command again`);
  return 1;
};
