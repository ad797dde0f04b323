import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import secretsManager from "@middy/secrets-manager";
import { startStack } from "../local/stack.ts";
import { createSecretClient } from "../shared/client/secret-client.ts";
import { secretsManagerSource } from "../shared/client/sources/secrets-manager-source.ts";
import { type Figure, figuresOf, median } from "./figure.ts";
import { secretsManagerCachePeer } from "./secrets-manager-cache.ts";

const rounds = 11;
const asyncReads = 200_000;
/** Enough of them for the thread's clock, which ticks every few milliseconds. */
const syncReads = 10_000_000;

type Reader = () => unknown;

/** Of this thread's own time, so that a busy machine counts for less. */
async function nanosecondsEach(read: Reader, isAsync: boolean): Promise<number> {
  const before = process.threadCpuUsage();
  const reads = isAsync ? asyncReads : syncReads;
  if (isAsync) for (let index = 0; index < reads; index++) await read();
  else for (let index = 0; index < reads; index++) read();
  const { user, system } = process.threadCpuUsage(before);
  return ((user + system) * 1_000) / reads;
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
    await sdk.send(new CreateSecretCommand({ Name: "bench", SecretString: '{"username":"u","password":"p"}' }));
    await using client = createSecretClient({ source: secretsManagerSource(sdk) });
    await client.get("bench");
    await client.json("bench");
    const handle = client.handle("bench");
    const powertools = new SecretsProvider({ awsSdkV3Client: sdk });
    const middy = secretsManager({ awsClientOptions: settings, fetchData: { secret: "bench" }, setToContext: true });
    const request = { event: {}, context: {}, response: null, error: null, internal: {} };
    const value = client.peek("bench");
    const map = new Map([["bench", value]]);
    const dated = new Map([["bench", { value, untilMs: performance.now() + 3_600_000 }]]);
    const freshOne = (id: string): unknown => {
      const entry = dated.get(id);
      return entry !== undefined && performance.now() < entry.untilMs ? entry.value : undefined;
    };
    await using smCachePeer = await secretsManagerCachePeer();
    const smCache = smCachePeer?.on(sdk, 3_600_000);

    const readers: Readonly<Record<string, readonly [Reader, boolean]>> = {
      get: [() => client.get("bench"), true],
      json: [() => client.json("bench"), true],
      "handle.get": [() => handle.get(), true],
      peek: [() => client.peek("bench"), false],
      "handle.peek": [() => handle.peek(), false],
      "Map.get": [() => map.get("bench"), false],
      "async Map.get": [async () => map.get("bench"), true],
      "Map.get and a TTL": [() => freshOne("bench"), false],
      "powertools parameters": [() => powertools.get("bench", { maxAge: 3_600 }), true],
      "powertools parameters, JSON": [() => powertools.get("bench", { maxAge: 3_600, transform: "json" }), true],
      "middy secrets-manager": [() => middy.before?.(request as never), true],
      ...(smCache === undefined ? {} : { "aws-secrets-manager-cache": [() => smCache.getSecret("bench"), true] }),
      ...(smCache === undefined
        ? {}
        : { "aws-secrets-manager-cache, JSON": [() => smCache.getSecret("bench", true), true] }),
    };
    const times = new Map(Object.keys(readers).map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, [read, isAsync]] of Object.entries(readers))
        times.get(name)?.push(await nanosecondsEach(read, isAsync));
    }
    const each = (name: string): number => median(times.get(name) ?? []);
    const figures = (name: string, ...peers: readonly string[]): readonly Figure[] =>
      figuresOf(
        "cached reads",
        name,
        "ns",
        each(name),
        Object.fromEntries(peers.filter((peer) => times.has(peer)).map((peer) => [peer, each(peer)])),
      );
    return [
      ...figures("get", "async Map.get", "aws-secrets-manager-cache", "powertools parameters", "middy secrets-manager"),
      ...figures("json", "get", "aws-secrets-manager-cache, JSON", "powertools parameters, JSON"),
      ...figures("handle.get", "get", "async Map.get"),
      ...figures("peek", "Map.get", "Map.get and a TTL"),
      ...figures("handle.peek", "peek", "Map.get"),
    ];
  } finally {
    sdk.destroy();
    await stack.stop();
  }
}
