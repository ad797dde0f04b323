import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
printFieldCases();

async function leftIn(queueUrl: string): Promise<unknown> {
  const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...AttributeNames] });
  const { Attributes = {} } = await stage.sqs.send(command);
  return AttributeNames.map((name) => Attributes[name]);
}

test(
  "a worker finishes its job on SIGTERM, also when the credential is rotated meanwhile, and takes no further one",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const queueUrl = await stage.newQueue();
    const worker = await stage.start("worker.ts", secretId, { variables: { JOBS_QUEUE_URL: queueUrl } });
    await using lock = await stage.lockTable();
    await stage.sendJob(queueUrl, 7);
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(1);
    worker.child.kill("SIGTERM");
    await stage.rotate(secretId);
    await stage.sendJob(queueUrl, 8);
    await lock.release();
    expect({ end: await worker.ended, printed: worker.output() }).toEqual({ end: 0, printed: "" });
    expect(await stage.cli.postgres.admin("SELECT id FROM orders")).toEqual([{ id: 7 }]);
    expect(await leftIn(queueUrl)).toEqual(["1", "0"]);
    expect(await stage.connections(secretId)).toEqual({ open: 0, waiting: 0 });
    expect(await stage.subscriberQueues()).toBe(0);
  }),
);

test(
  "a worker that waits for a job ends on SIGTERM without waiting for the long poll",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const queueUrl = await stage.newQueue();
    const worker = await stage.start("worker.ts", secretId, { variables: { JOBS_QUEUE_URL: queueUrl } });
    await expect.poll(async () => stage.subscriberQueues(), soon).toBe(1);
    await stage.sendJob(queueUrl, 9);
    await expect.poll(async () => leftIn(queueUrl), soon).toEqual(["0", "0"]);
    worker.child.kill("SIGTERM");
    expect({ end: await worker.ended, printed: worker.output() }).toEqual({ end: 0, printed: "" });
  }),
);

const onMessage = new URL("../../../support/lifecycles/invoked-by-message.ts", import.meta.url).pathname;

test(
  "a Lambda function with an extension says goodbye to the server on SIGTERM",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const variables = { AWS_LAMBDA_FUNCTION_NAME: "orders" };
    const lambda = await stage.start("function.ts", secretId, { node: [onMessage], variables });
    expect(await stage.invoke(lambda)).toEqual({ answer: { count: expect.any(String) } });
    expect(await stage.connections(secretId)).toMatchObject({ open: 1 });
    const before = (await stage.cli.postgres.log()).length;
    lambda.child.kill("SIGTERM");
    expect({ end: await lambda.ended, printed: lambda.output() }).toEqual({ end: 0, printed: "" });
    await expect.poll(async () => stage.connections(secretId), soon).toMatchObject({ open: 0 });
    const log = (await stage.cli.postgres.log()).slice(before);
    expect(log).toMatch(new RegExp(`disconnection: .*user=${secretId} `, "u"));
    expect(log).not.toMatch(/unexpected EOF|Connection reset/u);
  }),
);

test.each([false, true])(
  "a Lambda function that was frozen during a rotation, while the server cut its connection, fails at most the one query on that connection (alternating: %s)",
  async (alternating) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret({ alternating });
      const variables = { AWS_LAMBDA_FUNCTION_NAME: "orders" };
      const lambda = await stage.start("function.ts", secretId, { node: [onMessage], variables });
      expect(await stage.invoke(lambda)).toEqual({ answer: { count: expect.any(String) } });
      lambda.child.kill("SIGSTOP");
      await stage.rotate(secretId);
      await stage.cutConnections(secretId);
      const before = await stage.logins(secretId);
      lambda.child.kill("SIGCONT");
      const outcomes = [await stage.invoke(lambda), await stage.invoke(lambda), await stage.invoke(lambda)];
      const failed = outcomes.filter((outcome) => "error" in outcome);
      expect(failed.length).toBeLessThanOrEqual(1);
      expect(outcomes.slice(1)).toEqual([1, 2].map(() => ({ answer: { count: expect.any(String) } })));
      expect(await stage.logins(secretId)).toBeGreaterThan(before);
    })(),
);
