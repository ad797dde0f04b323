import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { AwsError } from "../../../local/aws/service.ts";
import { sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { listening } from "../../support/listening.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { soon, sqsStage, timeouts } from "./sqs-stage.ts";

printFieldCases();

const silent = "it stops silently";
const limits = { timeout: 90_000 };
const works = { code: undefined, reason: undefined, failures: 0 };
const failsWith = (reason: string) => ({ code: "invalidation-unavailable", reason });

test(
  "a connection that never answers again: the rotation is found on another one, and the failure was reported",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage();
    await expect.poll(() => stage.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    expect(stage.subscription()).toMatchObject(works);
    stage.proxy.stallOpen();
    const versionId = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(versionId);
    expect(stage.errors).toMatchObject([
      {
        code: "invalidation-unavailable",
        context: { reason: "time-budget-spent", source: expect.stringContaining("queue http") },
      },
    ]);
    // It is held from the moment of its message, and the answer counts once all its messages are handled.
    await expect.poll(() => stage.subscription(), soon).toMatchObject(works);
    const next = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(next);
  }),
);

test(
  "every path to SQS is dead for a while: health() shows it, and once one lives what was missed is asked for",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage();
    await expect.poll(() => stage.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    stage.proxy.stallOpen();
    stage.proxy.stallNew();
    await expect.poll(() => stage.subscription()?.failures ?? 0, soon).toBeGreaterThan(1);
    expect(stage.subscription()).toMatchObject(failsWith("time-budget-spent"));
    const versionId = await stage.rotate("silently");
    stage.proxy.heal();
    await expect.poll(() => stage.subscription(), soon).toMatchObject(works);
    await expect.poll(stage.held, soon).toBe(versionId);
  }),
);

test(
  "an answer that begins and never ends is a failure, too",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage();
    await expect.poll(() => stage.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    stage.proxy.truncateAnswersAt(40);
    stage.proxy.cut();
    await expect.poll(() => stage.subscription(), soon).toMatchObject(failsWith("time-budget-spent"));
    stage.proxy.truncateAnswersAt(undefined);
    const versionId = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(versionId);
  }),
);

test(
  "credentials that never come are a failure, and closing the client does not wait for them",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage({ credentials: async () => new Promise(() => undefined) });
    await expect.poll(() => stage.subscription(), soon).toMatchObject(failsWith("time-budget-spent"));
    await stage.client.close();
    expect(stage.client.health().subscriptions).toEqual([]);
  }),
);

test(
  "an SQSClient with a short request time-out of its own: no poll fails by it",
  limits,
  fieldCase("resources at their limit", async () => {
    const requestHandler = { requestTimeout: 500, throwOnRequestTimeout: true };
    const stage = await sqsStage({ requestHandler });
    const polls = stage.stack.aws.faults.inject({ kind: "delay", operation: "ReceiveMessage", delayMs: 0 });
    await expect.poll(() => polls.matched, soon).toBeGreaterThan(3);
    const versionId = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(versionId);
    expect(stage.errors).toEqual([]);
  }),
);

test(
  "long polls that something always cuts off become shorter, until they are answered",
  limits,
  fieldCase("resources at their limit", async () => {
    const stage = await sqsStage({ requestHandler: { socketTimeout: 1_400 } }, { receiveTimeoutMs: 6_000 });
    await expect.poll(() => stage.errors.length, soon).toBeGreaterThan(1);
    const polls = stage.stack.aws.faults.inject({ kind: "delay", operation: "ReceiveMessage", delayMs: 0 });
    // Of 4 s, of 2 s, and then of 1 s for good.
    await expect.poll(() => stage.errors.length, soon).toBe(4);
    const before = polls.matched;
    await expect.poll(() => polls.matched - before, soon).toBeGreaterThan(4);
    expect(stage.errors).toHaveLength(4);
    expect(stage.errors[0]?.context["reason"]).toBe("TimeoutError");
    const versionId = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(versionId);
  }),
);

test(
  "a queue that somebody deletes is reported as gone, and is heard again once it is there",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage();
    await expect.poll(() => stage.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    await stage.deleteQueue();
    await expect.poll(() => stage.subscription(), soon).toMatchObject({ code: "invalidation-unavailable" });
    expect(stage.subscription()?.reason).toMatch(/QueueDoesNotExist|NonExistentQueue/);
    expect(stage.errors[0]?.hint).toContain("the queue is gone");
    await stage.createQueue();
    await expect.poll(() => stage.subscription(), soon).toMatchObject(works);
    const versionId = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(versionId);
  }),
);

test.each([
  ["AccessDenied", 403, "sqs:ReceiveMessage"],
  ["KmsAccessDenied", 400, "kms:Decrypt"],
  ["SignatureDoesNotMatch", 403, "region"],
  ["InvalidAddress", 404, "region"],
  ["ExpiredToken", 403, "credentials"],
  ["ThrottlingException", 400, "TTL"],
])(
  "a queue that answers %s: the cause and a hint are reported, and it recovers by itself",
  limits,
  (name, status, hint) =>
    fieldCase("one error for two causes", async () => {
      const stage = await sqsStage();
      const error = new AwsError(name, "canary-of-the-server", status);
      const fault = stage.stack.aws.faults.inject({
        kind: "error",
        service: "sqs",
        operation: "ReceiveMessage",
        error,
      });
      await expect.poll(() => stage.subscription(), soon).toMatchObject({ code: "invalidation-unavailable" });
      expect(stage.subscription()?.reason).toBe(name);
      expect(stage.errors[0]?.hint).toContain(hint);
      const versionId = await stage.rotate("silently");
      fault.remove();
      await expect.poll(() => stage.subscription(), soon).toMatchObject(works);
      expect(await stage.held()).toBe(versionId);
      expect(JSON.stringify([stage.errors, stage.client.health()])).not.toContain("canary");
    })(),
);

test(
  "messages that may not be deleted: the rotations are heard, it is no gap, and health() shows it",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage();
    const error = new AwsError("AccessDenied", "canary", 403);
    const fault = stage.stack.aws.faults.inject({ kind: "error", operation: "DeleteMessageBatch", error });
    const versionId = await stage.rotate();
    await expect.poll(stage.held, soon).toBe(versionId);
    await expect.poll(() => stage.subscription(), soon).toMatchObject(failsWith("AccessDenied"));
    expect(stage.errors[0]?.context["operation"]).toBe("DeleteMessageBatch");
    const unseen = await stage.rotate("silently");
    await stage.send("not JSON");
    await expect.poll(() => stage.subscription()?.ignored["not-json"], soon).toBe(1);
    expect(await stage.held()).toBe(versionId);
    fault.remove();
    await stage.send("not JSON");
    await expect.poll(() => stage.subscription(), soon).toMatchObject(works);
    expect(await stage.held()).not.toBe(unseen);
  }),
);

test(
  "a deletion that never ends keeps no later rotation back",
  limits,
  fieldCase(silent, async () => {
    const stage = await sqsStage();
    stage.stack.aws.faults.inject({ kind: "delay", operation: "DeleteMessageBatch", delayMs: 30_000 });
    for (const _ of [1, 2, 3]) {
      const versionId = await stage.rotate();
      await expect.poll(stage.held, soon).toBe(versionId);
    }
    expect(stage.errors[0]).toMatchObject({
      context: { operation: "DeleteMessageBatch", reason: "time-budget-spent" },
    });
  }),
);

test(
  "a message whose receipt has expired is reported by SQS's code",
  limits,
  fieldCase(silent, async () => {
    const Body = JSON.stringify({ "detail-type": "Secret Retired", source: "rekey", detail: {} });
    const message = {
      MessageId: "1",
      ReceiptHandle: "r",
      Body,
      MD5OfBody: createHash("md5").update(Body).digest("hex"),
    };
    await using server = await listening(
      createServer((request, response) => {
        void text(request).then(() => {
          const operation = String(request.headers["x-amz-target"]).split(".")[1];
          const Failed = [{ Id: "0", SenderFault: true, Code: "ReceiptHandleIsInvalid", Message: "canary" }];
          response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
          response.end(JSON.stringify(operation === "ReceiveMessage" ? { Messages: [message] } : { Failed }));
        });
      }),
    );
    const endpoint = `http://127.0.0.1:${server.port}`;
    const sqs = new SQSClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    onTestFinished(() => sqs.destroy());
    const errors: unknown[] = [];
    const subscription = sqsSource({ sqs, queueUrl: `${endpoint}/123456789012/q`, ...timeouts }).start({
      notice: () => undefined,
      gap: () => undefined,
      error: ({ code, context }) => void errors.push({ code, reason: context["reason"] }),
    });
    await expect.poll(() => errors[0], soon).toEqual(failsWith("ReceiptHandleIsInvalid"));
    await subscription.stop();
  }),
);

test(
  "a notice that cannot be applied is not deleted, keeps no other one back, and ends nothing",
  limits,
  fieldCase("one bad input ends or blocks the service", async () => {
    const stage = await sqsStage();
    const sqs = new SQSClient({ ...stage.stack.clientConfig, maxAttempts: 1 });
    onTestFinished(() => sqs.destroy());
    await stage.client.close();
    for (const versionId of ["bad", "good"])
      await stage.send(JSON.stringify({ "detail-type": "Secret Rotated", detail: { secretArn: "a", versionId } }));
    const heard: string[] = [];
    const queueUrl = `${stage.stack.aws.endpoint}/${stage.stack.accountId}/${stage.queueName}`;
    const subscription = sqsSource({ sqs, queueUrl, ...timeouts }).start({
      notice({ versionId }) {
        heard.push(versionId);
        if (versionId === "bad") throw new Error("canary");
      },
      gap: () => undefined,
      error({ context }) {
        heard.push(String(context["operation"]));
        throw new Error("a listener that throws");
      },
    });
    await expect.poll(() => heard, soon).toEqual(expect.arrayContaining(["bad", "good", "apply"]));
    await subscription.stop();
  }),
);
