import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startPostgres } from "../local/postgres/embedded-postgres.ts";
import { startStack } from "../local/stack.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 15;
const strategies = ["single-user", "alternating-users"] as const;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/**
 * A clean rotation, all four steps of the built function in a warm local Lambda, beside the least that any rotation does:
 * one connection that changes a password. Interleaved on one server.
 */
export async function benchRotations(): Promise<readonly Figure[]> {
  await using cleanup = new AsyncDisposableStack();
  const postgres = await startPostgres();
  cleanup.defer(postgres.stop);
  const stack = await startStack();
  cleanup.defer(async () => stack.stop());
  const sdk = new SecretsManagerClient(stack.clientConfig);
  cleanup.defer(() => sdk.destroy());

  const createSecret = async (name: string, value: object): Promise<string> => {
    const { host, port } = postgres;
    const text = JSON.stringify({ engine: "postgres", host, port, dbname: "postgres", ssl: false, ...value });
    return (await sdk.send(new CreateSecretCommand({ Name: name, SecretString: text }))).ARN ?? "";
  };
  const masterarn = await createSecret("admin", postgres.superuser);
  const { outputs } = await stack.deploy({ parameters: { AdminSecretArns: masterarn } });
  const secrets = new Map<string, string>();
  for (const strategy of strategies) {
    const user = { username: strategy.replace("-", "_"), password: crypto.randomUUID() };
    await postgres.admin(`CREATE ROLE ${user.username} LOGIN PASSWORD '${user.password}'`);
    secrets.set(strategy, await createSecret(strategy, strategy === "single-user" ? user : { ...user, masterarn }));
  }
  await postgres.admin("CREATE ROLE floor LOGIN");

  const rotate = async (strategy: string): Promise<void> => {
    const SecretId = secrets.get(strategy) ?? "";
    await sdk.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: outputs["RotatePostgresArn"] }));
    await stack.secretsManager.idle();
    const state = stack.secretsManager.lastRotation(SecretId)?.state;
    if (state !== "succeeded") throw new Error(`the rotation of ${strategy} is ${state}`);
  };
  const works: Readonly<Record<string, () => Promise<unknown>>> = {
    ...Object.fromEntries(strategies.map((strategy) => [strategy, async () => rotate(strategy)])),
    floor: async () => postgres.admin(`ALTER ROLE floor PASSWORD '${crypto.randomUUID()}'`),
  };
  const times = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      const took = await milliseconds(work);
      // The first round warms the function; what the event set off is over before the next is timed.
      if (round > 0) times.get(name)?.push(took);
      await stack.lambda.idle();
    }
  }
  const floor = { "ALTER ROLE on a new connection": median(times.get("floor") ?? []) };
  return strategies.flatMap((strategy) =>
    figuresOf("rotation", `${strategy}, four steps`, "ms", median(times.get(strategy) ?? []), floor),
  );
}
