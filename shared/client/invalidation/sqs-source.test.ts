import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, expect, test, vi } from "vitest";
import { rotated } from "../../../tests/field/clients/message-forms.ts";
import type { InvalidationSink } from "./invalidation-source.ts";
import { type SqsSourceOptions, sqsSource } from "./sqs-source.ts";

const pauses = vi.hoisted((): number[] => []);
vi.mock("node:timers/promises", () => ({ setTimeout: async (ms: number) => void pauses.push(ms) }));

const queueUrl = "https://sqs.eu-west-1.amazonaws.com/111122223333/q";
const cut = (name: string) => async (): Promise<never> => {
  throw Object.assign(new Error("canary"), { name });
};
const message = (versionId: string) => ({
  Body: JSON.stringify(rotated(versionId)),
  ReceiptHandle: `handle of ${versionId}`,
});

let told: unknown[];
/** What was asked of the queue, and how long it was waited for. */
let received: { readonly input: object; readonly requestTimeout: number }[];
let deleted: object[];
let applying: (versionId: string) => Promise<void>;

/** Polls with these outcomes one after the other; the deletions end with those given. Then it is stopped. */
async function run(
  polls: readonly (() => Promise<object>)[],
  {
    deletions = [],
    ...more
  }: { readonly deletions?: readonly (() => Promise<object>)[] } & Partial<SqsSourceOptions> = {},
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const sqs = {
    async send(command: object, { requestTimeout }: { readonly requestTimeout: number }) {
      if (command instanceof DeleteMessageBatchCommand) {
        deleted.push({ ...command.input, requestTimeout });
        return deletions[deleted.length - 1]?.() ?? {};
      }
      if (!(command instanceof ReceiveMessageCommand)) throw new Error("not asked for");
      const poll = polls[received.length];
      if (poll === undefined) {
        done.resolve();
        return new Promise(() => undefined);
      }
      received.push({ input: command.input, requestTimeout });
      return poll();
    },
  };
  const sink: InvalidationSink = {
    async notice({ versionId }) {
      await applying(versionId);
      told.push(versionId);
    },
    gap: () => void told.push("gap"),
    error: ({ code, context, hint }) => void told.push({ code, ...context, hint }),
    heard: () => void told.push("heard"),
    ignored: (reason) => void told.push(reason),
  };
  const subscription = sqsSource({ sqs: sqs as unknown as SQSClient, queueUrl, ...more }).start(sink);
  await done.promise;
  await subscription.stop();
}
const nothing = async (): Promise<object> => ({});
const waits = (): unknown[] => received.map(({ input }) => Reflect.get(input, "WaitTimeSeconds"));
const failure = (more: object): object =>
  expect.objectContaining({ code: "invalidation-unavailable", source: `queue ${queueUrl}`, ...more }) as object;

beforeEach(() => {
  told = [];
  received = [];
  deleted = [];
  pauses.length = 0;
  applying = async () => undefined;
});

test.each([{ receiveTimeoutMs: 0 }, { requestTimeoutMs: 0 }, { receiveTimeoutMs: Number.NaN }])(
  "a time-out that is none is refused: %o",
  (options) => {
    expect(() => sqsSource({ sqs: {} as SQSClient, queueUrl, ...options })).toThrow(
      expect.objectContaining({ code: "option-invalid", context: { option: "receiveTimeoutMs or requestTimeoutMs" } }),
    );
  },
);

test("the first poll is short, and those after it are long, each with a time-out a little longer than its deadline", async () => {
  await run([nothing, nothing]);
  expect(received).toEqual([
    { input: { QueueUrl: queueUrl, WaitTimeSeconds: 0, MaxNumberOfMessages: 10 }, requestTimeout: 11_000 },
    { input: { QueueUrl: queueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }, requestTimeout: 31_000 },
  ]);
  expect([told, deleted, pauses]).toEqual([["heard", "heard"], [], []]);
});

test.each([
  [15_000, 10],
  [1_500, 1],
  [1_499, 0],
])(
  "of a time-out of %i ms a poll waits for %i s, and where that is none the source pauses instead",
  async (receiveTimeoutMs, seconds) => {
    await run([nothing, nothing], { receiveTimeoutMs });
    expect(waits()).toEqual([0, seconds]);
    expect(pauses).toEqual(seconds === 0 ? [2_000, 2_000] : []);
  },
);

test("messages are applied and then deleted, those that hold no notice too", async () => {
  await run([async () => ({ Messages: [message("v1"), { Body: "canary", ReceiptHandle: "odd" }, {}] })]);
  expect(told).toEqual(["not-json", "not-json", "v1", "heard"]);
  expect(deleted).toEqual([
    {
      QueueUrl: queueUrl,
      Entries: [
        { Id: "0", ReceiptHandle: "handle of v1" },
        { Id: "1", ReceiptHandle: "odd" },
        { Id: "2", ReceiptHandle: "" },
      ],
      requestTimeout: 11_000,
    },
  ]);
});

test("a message whose notice cannot be applied is kept and told, and keeps no other one back", async () => {
  applying = async (versionId) => (versionId === "v1" ? cut("TypeError")() : undefined);
  await run([async () => ({ Messages: [message("v1"), message("v2")] })]);
  expect(told).toEqual(["v2", failure({ operation: "apply", reason: "TypeError" })]);
  expect(deleted).toMatchObject([{ Entries: [{ ReceiptHandle: "handle of v2" }] }]);
});

test("a deletion that fails is reported, and the queue does not count as heard until the message is gone", async () => {
  const batch = async (): Promise<object> => ({ Messages: [message("v1")] });
  await run([batch, nothing, batch], {
    deletions: [async () => ({ Failed: [{ Code: "ReceiptHandleIsInvalid" }] }), nothing],
  });
  expect(told).toEqual([
    "v1",
    failure({
      operation: "DeleteMessageBatch",
      reason: "ReceiptHandleIsInvalid",
      hint: expect.stringContaining("delivered again"),
    }),
    "v1",
    "heard",
  ]);
  told = [];
  received = [];
  deleted = [];
  await run([batch], { deletions: [cut("AccessDenied")] });
  expect(told).toEqual(["v1", failure({ operation: "DeleteMessageBatch", reason: "AccessDenied" })]);
});

test("a poll that fails is reported with the next step, and followed by a short one", async () => {
  await run([nothing, cut("ExpiredToken"), nothing, nothing]);
  expect(waits()).toEqual([0, 20, 0, 20]);
  expect(told).toEqual([
    "heard",
    failure({ reason: "ExpiredToken", hint: expect.stringContaining("credentials") }),
    "gap",
    "heard",
    "heard",
  ]);
});

test.each(["TimeoutError", "time-budget-spent"])(
  "long polls that are cut off twice by %s, while short ones are answered, become shorter",
  async (name) => {
    const late = cut(name);
    await run([nothing, late, nothing, late, nothing, nothing, late, nothing, nothing]);
    expect(waits()).toEqual([0, 20, 0, 20, 0, 10, 10, 0, 10]);
  },
);

test.each([
  [
    "other failures",
    [nothing, cut("AccessDenied"), nothing, cut("AccessDenied"), nothing, nothing],
    [0, 20, 0, 20, 0, 20],
  ],
  [
    "one that is answered in between",
    [nothing, cut("TimeoutError"), nothing, nothing, cut("TimeoutError"), nothing, nothing],
    [0, 20, 0, 20, 20, 0, 20],
  ],
  ["short ones that are cut off too", [cut("TimeoutError"), cut("TimeoutError"), nothing, nothing], [0, 0, 0, 20]],
])("long polls stay as long by %s", async (_, polls, expected) => {
  await run(polls);
  expect(waits()).toEqual(expected);
});
