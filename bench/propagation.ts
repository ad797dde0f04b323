import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startStack } from "../local/stack.ts";
import { startKeyServer } from "../tests/support/key-server.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

export interface Fleet {
  readonly endpoint: string;
  readonly topicArn: string;
  readonly secretArn: string;
  /** So many with a queue each, and as many without. */
  readonly services: number;
  /** Of those without a queue. */
  readonly ttlMs: number;
}

interface Switch {
  readonly kind: "told" | "untold";
  readonly versionId: string;
  readonly atMs: number;
}

const services = 1_000;
/** What a fleet's clients compute is most of the time, so it is spread as it would be over machines. */
const processes = 2;
const rounds = 2;
/** Short enough to be waited for: the default of rekey's client, and of AWS's agent, is thirty times as long. */
const ttlMs = 10_000;

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((one, other) => one - other)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

async function startFleet(fleet: Fleet, cleanup: AsyncDisposableStack): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("propagation-child.ts", import.meta.url)), [JSON.stringify(fleet)]);
  const ended = once(child, "exit");
  cleanup.defer(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  const [message] = await Promise.race([once(child, "message"), ended]);
  if (typeof message !== "object") throw new Error("the fleet did not start");
  return child;
}

/** Milliseconds from the promotion until each service has the new version, from the first one to the last. */
async function switches(
  children: readonly ChildProcess[],
  promote: () => Promise<{ versionId: string; atMs: number }>,
) {
  const heard: Switch[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const listen = (message: Switch): void => {
    heard.push(message);
    if (heard.length === 2 * services) resolve();
  };
  for (const child of children) child.on("message", listen);
  const { versionId, atMs } = await promote();
  await promise;
  for (const child of children) child.off("message", listen);
  const after = (kind: Switch["kind"]): readonly number[] =>
    heard.filter((one) => one.kind === kind && one.versionId === versionId).map((one) => one.atMs - atMs);
  return { told: after("told"), untold: after("untold") };
}

/**
 * From AWSCURRENT's move to the moment at which each of 1,000 services has the new value, by bus, topic and a queue for
 * each; beside as many clients that have only their TTL, of the same secret at the same time. Every service reads ten times
 * a second. The services share a few processes, and what these compute for 1,000 requests at once is most of the time.
 */
export async function benchPropagation(): Promise<readonly Figure[]> {
  await using cleanup = new AsyncDisposableStack();
  const api = await startKeyServer();
  cleanup.defer(api.stop);
  api.give("first", "canary-first");
  const stack = await startStack();
  cleanup.defer(async () => stack.stop());
  const sdk = new SecretsManagerClient(stack.clientConfig);
  cleanup.defer(() => sdk.destroy());
  const { outputs } = await stack.deploy({
    parameters: { VaultAddress: "", HttpApiOrigins: `http://127.0.0.1:${api.port}` },
  });
  const value = { engine: "http-api-key", host: "127.0.0.1", port: api.port, ssl: false };
  const SecretString = JSON.stringify({ ...value, username: "first", password: "canary-first" });
  const { ARN: secretArn = "" } = await sdk.send(new CreateSecretCommand({ Name: "db/fleet", SecretString }));
  await stack.lambda.idle();
  const topicArn = outputs["SecretRotatedTopicArn"] ?? "";
  const fleet = { endpoint: stack.aws.endpoint, topicArn, secretArn, services: services / processes, ttlMs };
  const starting = Array.from({ length: processes }, async () => startFleet(fleet, cleanup));
  const children = await Promise.all(starting);

  const promote = async (): Promise<{ versionId: string; atMs: number }> => {
    const { promise, resolve } = Promise.withResolvers<{ versionId: string; atMs: number }>();
    const stopListening = stack.eventBridge.onEvent((_bus, event) => {
      if (event["detail-type"] !== "Secret Label Updated") return;
      resolve({ versionId: String(event.detail["versionId"]), atMs: Date.now() });
    });
    await sdk.send(new RotateSecretCommand({ SecretId: secretArn, RotationLambdaARN: outputs["RotateHttpApiKeyArn"] }));
    const promoted = await promise;
    stopListening();
    return promoted;
  };
  const told: number[] = [];
  const untold: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const after = await switches(children, promote);
    told.push(...after.told);
    untold.push(...after.untold);
  }
  if (told.length !== rounds * services || untold.length !== rounds * services)
    throw new Error("not all have switched");
  const figures = {
    median,
    p99: (ms: readonly number[]) => quantile(ms, 0.99),
    last: (ms: readonly number[]) => quantile(ms, 1),
  };
  return Object.entries(figures).flatMap(([name, of]) =>
    figuresOf("propagation", `promotion to ${services} services, ${name}`, "ms", of(told), {
      [`TTL-only client, ttlMs ${ttlMs}`]: of(untold),
    }),
  );
}
