import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import secretsManager from "@middy/secrets-manager";
import { createSecretClient } from "../shared/client/secret-client.ts";
import { secretsManagerStore } from "../shared/stores/secrets-manager.ts";
import { startStack } from "../local/stack.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 9;
const readsEachRound = 200_000;

type Reader = () => unknown;

async function nanosecondsEach(read: Reader, isAsync: boolean): Promise<number> {
  const startedNs = process.hrtime.bigint();
  if (isAsync) for (let index = 0; index < readsEachRound; index++) await read();
  else for (let index = 0; index < readsEachRound; index++) read();
  return Number(process.hrtime.bigint() - startedNs) / readsEachRound;
}

/** A warm read of one secret beside the peers and the floors, all interleaved in one run. */
export async function benchCachedReads(): Promise<readonly Figure[]> {
  const stack = await startStack();
  const settings = {
    endpoint: stack.aws.endpoint,
    region: stack.region,
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  };
  const sdk = new SecretsManagerClient(settings);
  try {
    const { CreateSecretCommand } = await import("@aws-sdk/client-secrets-manager");
    await sdk.send(new CreateSecretCommand({ Name: "bench", SecretString: '{"username":"u","password":"p"}' }));
    using client = createSecretClient({ source: secretsManagerStore(sdk) });
    await client.get("bench");
    const powertools = new SecretsProvider({ awsSdkV3Client: sdk });
    const middy = secretsManager({ awsClientOptions: settings, fetchData: { secret: "bench" }, setToContext: true });
    const request = { event: {}, context: {}, response: null, error: null, internal: {} };
    const map = new Map([["bench", await client.get("bench")]]);

    const readers: Readonly<Record<string, readonly [Reader, boolean]>> = {
      "rekey get": [async () => client.get("bench"), true],
      "rekey peek": [() => client.peek("bench"), false],
      "Map.get": [() => map.get("bench"), false],
      "async Map.get": [async () => map.get("bench"), true],
      "powertools parameters": [async () => powertools.get("bench", { maxAge: 3_600 }), true],
      "middy secrets-manager": [async () => middy.before?.(request as never), true],
    };
    const times = new Map(Object.keys(readers).map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, [read, isAsync]] of Object.entries(readers))
        times.get(name)?.push(await nanosecondsEach(read, isAsync));
    }
    const each = (name: string): number => median(times.get(name) ?? []);
    const peers = (...names: readonly string[]): Record<string, number> =>
      Object.fromEntries(names.map((name) => [name, each(name)]));
    return [
      ...figuresOf(
        "cached reads",
        "get",
        "ns",
        each("rekey get"),
        peers("async Map.get", "powertools parameters", "middy secrets-manager"),
      ),
      ...figuresOf("cached reads", "peek", "ns", each("rekey peek"), peers("Map.get")),
    ];
  } finally {
    sdk.destroy();
    await stack.stop();
  }
}
