import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, test } from "vitest";
import { createSubscriberQueue } from "./subscriber-queue.ts";
import { settled } from "../../../tests/support/settled.ts";

const topicArn = "arn:aws:sns:eu-west-1:111122223333:rotated";
const queueArn = "arn:aws:sqs:eu-west-1:111122223333:q";
const queueUrl = "https://sqs.eu-west-1.amazonaws.com/111122223333/q";

type Answer = () => unknown;
/** Every request by its name, with what it asked for. */
let asked: [string, Readonly<Record<string, unknown>>][];
let answers: Record<string, Answer[]>;
let timeouts: Set<number>;

const sdk = {
  async send(
    {
      constructor: { name },
      input,
    }: { readonly constructor: { readonly name: string }; readonly input: Readonly<Record<string, unknown>> },
    { requestTimeout }: { readonly requestTimeout: number },
  ) {
    const request = name.replace(/Command$/, "");
    asked.push([request, input]);
    timeouts.add(requestTimeout);
    const [next, ...more] = answers[request] ?? [];
    if (more.length > 0) answers[request] = more;
    return next?.() ?? {};
  },
};
const make = async (more: { readonly secrets?: readonly string[]; readonly requestTimeoutMs?: number } = {}) =>
  createSubscriberQueue({ sqs: sdk as unknown as SQSClient, sns: sdk as unknown as SNSClient, topicArn, ...more });
const failing = (name: string) => (): never => {
  throw Object.assign(new Error("canary"), { name });
};
const names = (): string[] => asked.map(([name]) => name);
const input = (name: string) => asked.findLast(([each]) => each === name)?.[1];

beforeEach(() => {
  asked = [];
  timeouts = new Set();
  answers = {
    CreateQueue: [() => ({ QueueUrl: queueUrl })],
    GetQueueAttributes: [() => ({ Attributes: { QueueArn: queueArn } })],
    Subscribe: [() => ({ SubscriptionArn: "subscription" })],
  };
});

describe("a queue", () => {
  test("is made for one instance, for an hour of encrypted messages, and only the topic may send to it", async () => {
    const { queueUrl: url, isFiltered } = await make();
    expect([url, isFiltered]).toEqual([queueUrl, false]);
    expect(names()).toEqual(["CreateQueue", "GetQueueAttributes", "SetQueueAttributes", "Subscribe"]);
    expect(input("CreateQueue")).toEqual({
      QueueName: expect.stringMatching(/^rekey-subscriber-[\da-f-]{36}$/),
      Attributes: { MessageRetentionPeriod: "3600", SqsManagedSseEnabled: "true" },
    });
    expect(input("GetQueueAttributes")).toEqual({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] });
    const { Policy } = { ...(input("SetQueueAttributes")?.["Attributes"] as { readonly Policy?: string }) };
    expect(JSON.parse(Policy ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queueArn,
          Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
        },
      ],
    });
    expect(input("Subscribe")).toEqual({
      TopicArn: topicArn,
      Protocol: "sqs",
      Endpoint: queueArn,
      ReturnSubscriptionArn: true,
      Attributes: {},
    });
    expect([...timeouts]).toEqual([11_000]);
  });

  test("of some secrets is filtered", async () => {
    expect((await make({ secrets: ["a"] })).isFiltered).toBe(true);
    expect(input("Subscribe")?.["Attributes"]).toEqual({
      FilterPolicyScope: "MessageBody",
      FilterPolicy: '{"detail":{"secretName":["a"]}}',
    });
  });

  test("of some secrets gets every event where the topic has no filter left", async () => {
    answers["Subscribe"] = [failing("FilterPolicyLimitExceededException"), () => ({ SubscriptionArn: "subscription" })];
    expect((await make({ secrets: ["a"] })).isFiltered).toBe(false);
    expect(input("Subscribe")?.["Attributes"]).toEqual({});
  });

  test("of no secret is refused before anything is made", async () => {
    expect(await settled(make({ secrets: [] }))).toMatchObject({ code: "option-invalid" });
    expect(asked).toEqual([]);
  });
});

describe("a request that fails", () => {
  test("is the SDK's error, and the queue is removed, also where that fails", async () => {
    answers["Subscribe"] = [failing("AuthorizationErrorException")];
    answers["DeleteQueue"] = [failing("AccessDenied")];
    expect(await settled(make())).toMatchObject({ name: "AuthorizationErrorException" });
    expect(names().at(-1)).toBe("DeleteQueue");
    expect(input("DeleteQueue")).toEqual({ QueueUrl: queueUrl });
  });

  test("to make the queue leaves nothing to remove", async () => {
    answers["CreateQueue"] = [failing("QueueDeletedRecently")];
    expect(await settled(make())).toMatchObject({ name: "QueueDeletedRecently" });
    expect(names()).toEqual(["CreateQueue"]);
  });

  test("by its time is reported with the step and what to look at", async () => {
    answers["CreateQueue"] = [async () => new Promise(() => undefined)];
    expect(await settled(make({ requestTimeoutMs: 1 }))).toMatchObject({
      code: "invalidation-unavailable",
      context: { source: "subscriber queue", operation: "CreateQueue", reason: "time-budget-spent" },
      hint: expect.stringContaining("check the network"),
    });
  });
});

describe("the removal", () => {
  test("ends the subscription and the queue", async () => {
    const { remove } = await make();
    await remove();
    expect(input("Unsubscribe")).toEqual({ SubscriptionArn: "subscription" });
    expect(input("DeleteQueue")).toEqual({ QueueUrl: queueUrl });
  });

  test.each(["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NotFoundException"])(
    "is done where somebody was first: %s",
    async (name) => {
      const { remove } = await make();
      for (const request of ["Unsubscribe", "DeleteQueue"]) answers[request] = [failing(name)];
      expect(await settled(remove())).toBeUndefined();
    },
  );

  test("of the one goes on where that of the other fails, and the failure is reported", async () => {
    const { remove } = await make();
    answers["Unsubscribe"] = [failing("AccessDenied")];
    expect(await settled(remove())).toMatchObject({ name: "AccessDenied" });
    expect(names().at(-1)).toBe("DeleteQueue");
  });
});
