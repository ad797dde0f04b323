import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { FunctionDefinition } from "../../local/lambda/deployed-function.ts";
import { startStack } from "../../local/stack.ts";

/** The local stack, with functions that a test writes and AWS's own clients. */
export async function startLambdaStage() {
  const stack = await startStack();
  const lambda = new LambdaClient({ ...stack.clientConfig, maxAttempts: 1 });
  const sqs = new SQSClient(stack.clientConfig);
  const folder = await mkdtemp(join(tmpdir(), "rekey-lambda-"));
  let count = 0;
  return {
    stack,
    lambda,
    sqs,

    /** Deploys a handler's body; `event`, `context` and a counter `calls` of this container are at hand. */
    async deploy(
      body: string,
      settings: Partial<FunctionDefinition> = {},
    ): Promise<{ readonly name: string; readonly arn: string }> {
      const name = `function-${(count += 1)}`;
      const bundlePath = join(folder, `${name}.mjs`);
      const imports = 'import { setTimeout as wait } from "node:timers/promises";\nlet calls = 0;\n';
      await writeFile(bundlePath, `${imports}export async function handler(event, context) { calls += 1; ${body} }`);
      return { name, arn: await stack.lambda.deploy({ name, bundlePath, ...settings }) };
    },

    async invoke(FunctionName: string, event: unknown = {}) {
      const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
      const payload: unknown = JSON.parse(answer.Payload?.transformToString() || "null");
      return { status: answer.StatusCode, error: answer.FunctionError, payload };
    },

    /** What a function has logged. */
    logged: (name: string): string[] =>
      stack.lambda.logs.filter(({ functionName }) => functionName === name).map(({ line }) => line),

    async newQueue(Attributes: Record<string, string> = {}) {
      const QueueName = `queue-${(count += 1)}`;
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      const queue = stack.sqs.queue(`arn:aws:sqs:us-east-1:123456789012:${QueueName}`);
      if (queue === undefined) throw new Error("the queue was not made");
      return { QueueUrl, queue };
    },

    async stop(): Promise<void> {
      lambda.destroy();
      sqs.destroy();
      await stack.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export type LambdaStage = Awaited<ReturnType<typeof startLambdaStage>>;
