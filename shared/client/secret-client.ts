import { RekeyError } from "../errors/reading-error.ts";
import { checkedAnswer } from "./cache/checked-answer.ts";
import { checkedSecretId } from "./invalidation/checked-notice.ts";
import { awaited, toSmallInteger, orTooLate } from "./clock.ts";
import { type ClientEvents, createListeners } from "./client-events.ts";
import { type SecretClientOptions, settingsOf } from "./client-options.ts";
import { CachedVersion, current, CachedSecret, keyOf } from "./cache/cached-secret.ts";
import { createSecretTable } from "./cache/secret-table.ts";
import { InFlightRequests } from "./cache/in-flight-requests.ts";
import { type ClientHealth, failing, oldestAgeMs } from "./health.ts";
import { type Invalidation, InvalidationHandler } from "./invalidation/invalidation-handler.ts";
import type { InvalidationSource } from "./invalidation/invalidation-source.ts";
import { NoticeAllowance } from "./invalidation/notice-allowance.ts";
import { NoticeMemory } from "./invalidation/notice-memory.ts";
import { type InTime, type ParsedJson, parseJson } from "./cache/json-value.ts";
import { prefetch } from "./cache/prefetch.ts";
import { createRequest } from "./cache/bounded-request.ts";
import type { SourceAnswer, SourceCall, SourceSelector, SourceVersion, Stage } from "./sources/secret-source.ts";
import { ReadPolicy } from "./cache/read-policy.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { createTelemetry, noCounts } from "./telemetry.ts";

/** AWSCURRENT unless said. A version by its id never expires. */
export type VersionChoice = { readonly stage: Stage } | { readonly versionId: string };

export interface JsonReader {
  /** Parsed once for each version, and frozen. Errors: those of `get`, `secret-malformed`, `secret-binary`. */
  json(): Promise<unknown>;
  /** Keep the schema in a constant: the value is parsed again for another one. */
  json<Output>(schema: StandardSchema<Output>): Promise<Output>;
}

/** One secret, held: the fastest way to read it. */
export interface SecretHandle extends JsonReader {
  get(): Promise<SourceVersion>;
  peek(): SourceVersion | undefined;
}

/**
 * Reads secrets through a cache: one request at a time for each secret, a stale value while the source fails, and after a
 * notice of a rotation never the version that it replaced. Use one form of a secret's id: each form is kept by itself.
 */
export interface SecretClient extends Disposable, AsyncDisposable {
  /**
   * Errors: those of the source when there is no value that may still be served, `client-quota-exceeded`,
   * `version-not-visible`, `pool-closed` after `close`. Of a value that is stored as bytes, `value.bytes()` gives them. With `retryAfterMs` where the source was not asked again.
   */
  get(secretId: string, choice?: VersionChoice): Promise<SourceVersion>;
  /** What `get` would give without waiting, or `undefined`. */
  peek(secretId: string, choice?: VersionChoice): SourceVersion | undefined;
  /** AWSCURRENT as JSON, parsed once for each version, and frozen. Errors: those of `get`, `secret-malformed`, `secret-binary`. */
  json(secretId: string): Promise<unknown>;
  /** The same, checked by any Standard Schema validator. Keep the schema in a constant: another one parses again. */
  json<Output>(secretId: string, schema: StandardSchema<Output>): Promise<Output>;
  /** Asks now, or joins the request that is under way. Errors: those of the source. */
  refresh(secretId: string, choice?: VersionChoice): Promise<SourceVersion>;
  /** AWSPENDING as it is now, never cached: right in the moments before a promotion. Errors: those of the source. */
  pending(secretId: string): Promise<SourceVersion | undefined>;
  /** Makes the next read ask. With `atLeast`, no older version is served any more. Idempotent. */
  invalidate(secretId: string, invalidation?: Invalidation): void;
  /** Listens to a source of notices until the returned function is called, or the client is closed. */
  subscribe(source: InvalidationSource): () => Promise<void>;
  /** Returns a way to stop listening. A listener that throws or rejects causes a process warning, without its message. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void;
  /** Calls the listeners of `error`: for what follows a secret, such as a pool. */
  report(failure: ClientEvents["error"]): void;
  handle(secretId: string, choice?: VersionChoice): SecretHandle;
  /** Reads AWSCURRENT of many secrets, 20 in one request. What cannot be read is left to its `get`. */
  prefetch(secretIds: readonly string[]): Promise<void>;
  health(): ClientHealth;
  /** Ends requests and subscriptions, within `requestTimeoutMs`. Idempotent. */
  close(): Promise<void>;
}

/** Errors: `option-invalid`, for what JavaScript may give. */
const selectorOf = (choice: VersionChoice | undefined): SourceSelector => {
  if (choice === undefined) return current;
  const { stage, versionId }: { readonly stage?: unknown; readonly versionId?: unknown } = { ...choice };
  if (stage === "AWSCURRENT") return current;
  if (typeof stage === "string" && stage !== "") return { label: stage as Stage };
  if (typeof versionId === "string" && versionId !== "") return { versionId };
  throw new RekeyError("option-invalid", { context: { option: "choice", problem: "neither a stage nor a versionId" } });
};

/** With background requests a value is asked for anew before its time is over; the jitter keeps many processes apart. */
const freshShare = (background: boolean, random: () => number): number => (background ? 0.7 : 0.8) + random() / 5;

/**
 * Errors: `option-invalid`.
 *
 * @example
 * ```ts
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { createSecretClient } from "rekey/client";
 * import { secretsManagerSource } from "rekey/client/secrets-manager";
 *
 * await using client = createSecretClient({ source: secretsManagerSource(new SecretsManagerClient()), ttlMs: 300_000 });
 * const { value, versionId } = await client.get("prod/orders");
 * ```
 */
export function createSecretClient(options: SecretClientOptions): SecretClient {
  const settings = settingsOf(options);
  const { source, clock, random, budget, ttlMs, requestTimeoutMs, background } = settings;
  const counts = noCounts();
  const listeners = createListeners();
  const closing = new AbortController();
  const table = createSecretTable(settings);
  const state = {
    secrets: () => table.size,
    oldestAgeMs: () => oldestAgeMs(table.confirmedAtMs(), clock.nowMs()),
    subscriptions: () => invalidations.subscriptions,
  };
  const telemetry = createTelemetry(counts, state, settings.metricAttributes);
  const allowance = new NoticeAllowance();
  const notices = new NoticeMemory();
  const request = createRequest({ clock, random, budget, timeoutMs: requestTimeoutMs });
  const inFlightRequests = new InFlightRequests({
    ...settings,
    request,
    table,
    listeners,
    telemetry,
    closing: closing.signal,
    allowance,
    notices,
    freshMs: () => toSmallInteger(ttlMs * freshShare(background, random)),
    longestRequestMs: 10 * requestTimeoutMs,
  });
  const readPolicy = new ReadPolicy({ settings, inFlightRequests, listeners, counts });
  const invalidations = new InvalidationHandler({
    settings,
    table,
    notices,
    allowance,
    readPolicy,
    listeners,
    counts,
    closing: closing.signal,
  });
  listeners.on("rotated", () => void counts.rotations++);

  function entryOf(secretId: string, choice?: VersionChoice): CachedSecret {
    const at = selectorOf(choice);
    const known = table.get(keyOf(secretId, at));
    if (known !== undefined) return known;
    checkedSecretId("secretId", secretId);
    const entry = at === current ? new CachedSecret(secretId) : new CachedVersion(secretId, at);
    entry.usedAt = ++counts.reads;
    if (!closing.signal.aborted) table.add(entry);
    return entry;
  }

  /** Bad input rejects, as every other failure of a read does. */
  async function opened<Result>(
    secretId: string,
    choice: VersionChoice | undefined,
    read: (entry: CachedSecret) => Promise<Result>,
  ): Promise<Result> {
    return read(entryOf(secretId, choice));
  }

  const get = (entry: CachedSecret): Promise<SourceVersion> => {
    entry.usedAt = ++counts.reads;
    return entry.ready !== undefined && clock.nowMs() < entry.freshUntilMs ? entry.ready : readPolicy.get(entry);
  };
  const peek = (entry: CachedSecret): SourceVersion | undefined => {
    entry.usedAt = ++counts.reads;
    return clock.nowMs() < entry.freshUntilMs ? entry.version : readPolicy.peek(entry);
  };
  const json = (entry: CachedSecret, schema: StandardSchema | undefined): Promise<unknown> => {
    const { parsed } = entry;
    if (parsed === undefined || parsed.schema !== schema || clock.nowMs() >= entry.freshUntilMs)
      return parse(entry, schema);
    entry.usedAt = ++counts.reads;
    return parsed.value;
  };

  const inTime: InTime = (work) => awaited(clock, orTooLate(clock, requestTimeoutMs, work));

  async function parse(entry: CachedSecret, schema: StandardSchema | undefined): Promise<unknown> {
    const version = await get(entry);
    if (entry.version === version && entry.parsed?.schema === schema && entry.parsed) return entry.parsed.value;
    const parsed: ParsedJson = { schema, value: parseJson(entry.secretId, version, schema, inTime) };
    if (entry.version !== version) return parsed.value;
    entry.parsed = parsed;
    try {
      return await parsed.value;
    } catch (error) {
      // What failed may not fail again: a validator is any code.
      if (entry.parsed === parsed) entry.parsed = undefined;
      throw error;
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    telemetry.stop();
    listeners.clear();
    table.clear();
    await invalidations.stop();
  }

  return {
    get(secretId, choice) {
      const known = choice === undefined ? table.get(secretId) : undefined;
      return known === undefined ? opened(secretId, choice, get) : get(known);
    },
    peek(secretId, choice) {
      const entry = choice === undefined ? table.get(secretId) : table.get(keyOf(secretId, selectorOf(choice)));
      return entry === undefined ? undefined : peek(entry);
    },
    json: <Output>(secretId: string, schema?: StandardSchema<Output>) => {
      const known = table.get(secretId);
      const reading =
        known === undefined ? opened(secretId, undefined, async (entry) => json(entry, schema)) : json(known, schema);
      return reading as Promise<Output>;
    },
    refresh: async (secretId, choice) =>
      opened(secretId, choice, async (entry) => awaited(clock, inFlightRequests.request(entry))),
    async pending(secretId) {
      checkedSecretId("secretId", secretId);
      const read = async (call: SourceCall): Promise<SourceAnswer | undefined> =>
        checkedAnswer(secretId, await source.read(secretId, { label: "AWSPENDING" }, call));
      return awaited(clock, request(secretId, read, closing.signal));
    },
    invalidate: (secretId, invalidation) => invalidations.invalidate(secretId, invalidation),
    subscribe: (subscribed) => invalidations.subscribe(subscribed),
    on: listeners.on,
    report: (failure) => listeners.emit("error", failure),
    handle(secretId, choice) {
      let entry = entryOf(secretId, choice);
      // An evicted entry has no version.
      const held = (): CachedSecret => (entry.version === undefined ? (entry = entryOf(secretId, choice)) : entry);
      return {
        get: () => get(held()),
        peek: () => peek(held()),
        json: <Output>(schema?: StandardSchema<Output>) => json(held(), schema) as Promise<Output>,
      };
    },
    async prefetch(secretIds) {
      const cold = [...new Set(secretIds)].filter((secretId) => clock.nowMs() >= entryOf(secretId).freshUntilMs);
      await awaited(clock, prefetch(cold, { entryOf, source, request, inFlightRequests, closing: closing.signal }));
    },
    health: () => ({
      secrets: table.size,
      bytes: table.bytes,
      subscriptions: invalidations.subscriptions,
      requestsLeft: budget.requestsLeft,
      oldestAgeMs: oldestAgeMs(table.confirmedAtMs(), clock.nowMs()),
      failing: failing(table.values(), clock.nowMs()),
    }),
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.dispose]: () => void close(),
  };
}
