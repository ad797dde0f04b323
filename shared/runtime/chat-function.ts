import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { ChatDesk } from "../chat/chat-desk.ts";
import { chatLinks } from "../chat/chat-links.ts";
import { chatTargets } from "../chat/chat-targets.ts";
import { type Notice, noticeOf } from "../chat/notice.ts";
import { parseDeliveredEvent } from "../events/delivered-event.ts";
import { troubleIn } from "../events/trouble.ts";
import { confirmTrouble } from "../operations/announcing/confirm-trouble.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { arnPatterns } from "../secrets/arn-patterns.ts";
import { environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { lambda } from "./lambda.ts";
import { report, reportFailure } from "./logger.ts";
import { invocationCalls } from "./time-budget.ts";

interface Heard {
  readonly messageId: string;
  readonly notice: Notice;
}

type Described = Map<string, ReturnType<SecretStore["describe"]>>;

/** However many events of one secret a batch has, Secrets Manager is asked once. */
const describedOnce = (store: SecretStore, described: Described): Pick<SecretStore, "describe"> => ({
  async describe(secretId, call) {
    const description = described.get(secretId) ?? store.describe(secretId, call);
    described.set(secretId, description);
    return description;
  },
});

/**
 * The Lambda handler of a queue of rekey's events: tells people of those that Secrets Manager does not contradict, each batch in one
 * message to each target. What a target did not take comes again.
 */
export function chatFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof lambda<SQSEvent, SQSBatchResponse>> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const manages = arnPatterns(environment.list("REKEY_SECRETS"));
  const links = chatLinks({
    runbook: environment.text("REKEY_RUNBOOK_URL"),
    console: environment.text("REKEY_CONSOLE_URL"),
  });
  const targets = chatTargets(environment.required("REKEY_CHAT_TARGETS"));
  const desks = targets.map((target) => new ChatDesk(target, { store, nowMs: Date.now }));

  const hear = async ({ body, messageId, attributes }: SQSRecord, described: Described, call: CallOptions) => {
    const trouble = troubleIn(parseDeliveredEvent(body));
    const check = { store: describedOnce(store, described), manages, nowMs: Date.now };
    const standing = await confirmTrouble(check, trouble, call);
    report("heard", { messageId, secret: trouble.secretArn, kind: trouble.kind, standing: standing.state });
    // A description may be a moment older than the event.
    const again = standing.state === "superseded" && Number(attributes.ApproximateReceiveCount) < 2;
    return { again, notice: standing.state === "stands" ? noticeOf(trouble, standing.name, links) : undefined };
  };

  return lambda(
    (event) => ({ records: event.Records.length }),
    async (event, context) => {
      const { work: call } = invocationCalls(context);
      const again = new Set<string>();
      const heard: Heard[] = [];
      const described: Described = new Map();
      let failed = 0;
      for (const record of event.Records) {
        const { messageId } = record;
        try {
          const { notice, again: isEarly } = await hear(record, described, call);
          if (notice !== undefined) heard.push({ messageId, notice });
          if (isEarly) again.add(messageId);
        } catch (error) {
          reportFailure("not told", error, { messageId });
          failed += 1;
          again.add(messageId);
        }
      }
      for (const desk of desks) {
        const { waiting, failure } = await desk.tell(
          heard.map(({ notice }) => notice),
          call,
        );
        if (failure !== undefined) {
          failed += 1;
          reportFailure("not told", failure, { target: desk.target.kind });
        }
        const keys = new Set(waiting.map(({ key }) => key));
        for (const { messageId, notice } of heard) if (keys.has(notice.key)) again.add(messageId);
      }
      const batchItemFailures = [...again].map((itemIdentifier) => ({ itemIdentifier }));
      return { answer: { batchItemFailures }, facts: { failed, told: heard.length, waiting: again.size } };
    },
  );
}
