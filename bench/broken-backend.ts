import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecretClient } from "../shared/client/secret-client.ts";
import { secretsManagerSource } from "../shared/client/secrets-manager/secrets-manager-source.ts";
import { type Figure, figuresOf, median } from "./figure.ts";
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

/** How long the first read after the TTL takes while the backend is broken. Powertools then ends in an error, rekey has the value. */
async function afterTtl(mode: BackendMode): Promise<readonly Figure[]> {
  const times = { rekey: [] as number[], powertools: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    await using backend = await startFlakyBackend();
    const [ours, theirs] = [sdkFor(backend), sdkFor(backend)];
    await using client = createSecretClient({ source: secretsManagerSource(ours), ttlMs });
    const powertools = new SecretsProvider({ awsSdkV3Client: theirs });
    const readTheirs = async (): Promise<unknown> => powertools.get("bench", { maxAge: ttlMs / 1_000 });
    await Promise.all([client.get("bench"), readTheirs()]);
    await sleep(ttlMs * 1.2);
    backend.mode = mode;
    times.rekey.push(await millisecondsOf(async () => client.get("bench")));
    times.powertools.push(await millisecondsOf(readTheirs));
    ours.destroy();
    theirs.destroy();
  }
  const peers = { "powertools parameters": median(times.powertools) };
  return figuresOf("broken backend", `first read after the TTL, backend ${mode}`, "ms", median(times.rekey), peers);
}

/** Requests that reach the backend when a thousand readers of one cold secret come at once. */
async function stampede(): Promise<readonly Figure[]> {
  const requestsOf = async (readerOn: (sdk: SecretsManagerClient) => () => Promise<unknown>): Promise<number> => {
    await using backend = await startFlakyBackend();
    backend.delayMs = 50;
    const sdk = sdkFor(backend);
    const read = readerOn(sdk);
    await Promise.all(Array.from({ length: concurrentReads }, read));
    sdk.destroy();
    return backend.requests;
  };
  const ours = await requestsOf((sdk) => {
    const client = createSecretClient({ source: secretsManagerSource(sdk) });
    return async () => client.get("bench");
  });
  const theirs = await requestsOf((sdk) => {
    const powertools = new SecretsProvider({ awsSdkV3Client: sdk });
    return async () => powertools.get("bench");
  });
  return figuresOf("broken backend", "1,000 cold reads at once", "requests", ours, { "powertools parameters": theirs });
}

/** What a service notices of a backend that is slow, broken or asked by many at once. */
export async function benchBrokenBackend(): Promise<readonly Figure[]> {
  const figures: Figure[] = [...(await stampede())];
  for (const mode of ["throttles", "fails", "resets", "hangs", "denies"] as const)
    figures.push(...(await afterTtl(mode)));
  return figures;
}
