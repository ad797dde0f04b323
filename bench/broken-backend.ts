import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecretClient } from "../shared/client/secret-client.ts";
import { secretsManagerSource } from "../shared/client/sources/secrets-manager-source.ts";
import { type Figure, figuresOf, median } from "./figure.ts";
import { type SecretsManagerCachePeer, secretsManagerCachePeer } from "./secrets-manager-cache.ts";
import { type BackendMode, type FlakyBackend, startFlakyBackend } from "./flaky-backend.ts";

const rounds = 5;
const ttlMs = 1_000;
/** No peer has a time-out of its own: a read that takes longer is cut off here and counts as this long. */
const longestMs = 5_000;
const concurrentReads = 1_000;

async function millisecondsOf(read: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await Promise.race([read().catch(() => undefined), sleep(longestMs)]);
  return performance.now() - startedMs;
}

const sdkFor = ({ endpoint }: FlakyBackend): SecretsManagerClient =>
  new SecretsManagerClient({ endpoint, region: "eu-west-1", credentials: { accessKeyId: "b", secretAccessKey: "b" } });

type Reader = (sdk: SecretsManagerClient) => () => Promise<unknown>;

/** Each peer by what reads through it. */
const peersOf = (smCache: SecretsManagerCachePeer | undefined, maxAgeMs: number): Readonly<Record<string, Reader>> => ({
  "powertools parameters": (sdk) => {
    const powertools = new SecretsProvider({ awsSdkV3Client: sdk });
    return async () => powertools.get("bench", { maxAge: maxAgeMs / 1_000 });
  },
  ...(smCache === undefined
    ? {}
    : {
        "aws-secrets-manager-cache": (sdk: SecretsManagerClient) => {
          const cache = smCache.on(sdk, maxAgeMs);
          return async () => cache.getSecret("bench");
        },
      }),
});

/** How long the first read after the TTL takes while the backend is broken. The peers then end in an error, rekey has the value. */
async function afterTtl(mode: BackendMode, peers: Readonly<Record<string, Reader>>): Promise<readonly Figure[]> {
  const ours: number[] = [];
  const theirs = new Map(Object.keys(peers).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    await using backend = await startFlakyBackend();
    const sdk = sdkFor(backend);
    await using client = createSecretClient({ source: secretsManagerSource(sdk), ttlMs });
    const readers = Object.entries(peers).map(([name, reader]) => {
      const own = sdkFor(backend);
      return { name, own, read: reader(own) };
    });
    await Promise.all([client.get("bench"), ...readers.map(async ({ read }) => read())]);
    await sleep(ttlMs * 1.2);
    backend.mode = mode;
    ours.push(await millisecondsOf(async () => client.get("bench")));
    for (const { name, read } of readers) theirs.get(name)?.push(await millisecondsOf(read));
    for (const { own } of [{ own: sdk }, ...readers]) own.destroy();
  }
  const medians = Object.fromEntries([...theirs].map(([name, times]) => [name, median(times)]));
  return figuresOf("broken backend", `first read after the TTL, backend ${mode}`, "ms", median(ours), medians);
}

/** Requests that reach the backend when a thousand readers of one cold secret come at once. */
async function stampede(peers: Readonly<Record<string, Reader>>): Promise<readonly Figure[]> {
  const requestsOf = async (reader: Reader): Promise<number> => {
    await using backend = await startFlakyBackend();
    backend.delayMs = 50;
    const sdk = sdkFor(backend);
    const read = reader(sdk);
    await Promise.all(Array.from({ length: concurrentReads }, read));
    sdk.destroy();
    return backend.requests;
  };
  const ours = await requestsOf((sdk) => {
    const client = createSecretClient({ source: secretsManagerSource(sdk) });
    return async () => client.get("bench");
  });
  const theirs: Record<string, number> = {};
  for (const [name, reader] of Object.entries(peers)) theirs[name] = await requestsOf(reader);
  return figuresOf("broken backend", "1,000 cold reads at once", "requests", ours, theirs);
}

/** What a service notices of a backend that is slow, broken or asked by many at once. */
export async function benchBrokenBackend(): Promise<readonly Figure[]> {
  await using smCache = await secretsManagerCachePeer();
  const peers = peersOf(smCache, ttlMs);
  const figures: Figure[] = [...(await stampede(peers))];
  for (const mode of ["throttles", "fails", "resets", "hangs", "denies"] as const)
    figures.push(...(await afterTtl(mode, peers)));
  return figures;
}
