import { randomUUID } from "node:crypto";
import type { SecretSource, SourceAnswer, SourceSelector, Stage } from "../client/sources/secret-source.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { BinaryValue } from "../secrets/binary-value.ts";
import { SecretValue } from "../secrets/secret-value.ts";

/** Secrets in memory, with Secrets Manager's stages, for tests of what reads them. */
export interface MemorySecrets extends SecretSource {
  /** A new version becomes AWSCURRENT, the former one AWSPREVIOUS. An object is kept as JSON, bytes as SecretBinary. Returns the VersionId. */
  put(secretId: string, value: string | object): string;
  /** A new version that is only AWSPENDING. Returns its VersionId. */
  putPending(secretId: string, value: string | object): string;
  /** AWSPENDING becomes AWSCURRENT. */
  promote(secretId: string): void;
  /** AWSCURRENT goes back to AWSPREVIOUS, as a human may move it. */
  moveBack(secretId: string): void;
  /** Every read is refused with this error, until it is called without one. */
  fail(error?: RekeyError): void;
  /** How often it was asked: a batch counts once. */
  readonly requests: number;
}

interface Stored {
  readonly versions: Map<string, SourceAnswer>;
  readonly stages: Map<Stage, string>;
}

/**
 * A source that holds secrets in memory, with their versions and stages.
 *
 * @example
 * ```ts
 * import { createSecretClient } from "rekey/client";
 * import { memorySecrets } from "rekey/testing";
 *
 * const secrets = memorySecrets({ "prod/orders": "first" });
 * const client = createSecretClient({ source: secrets });
 * secrets.put("prod/orders", "second");
 * ```
 */
export function memorySecrets(initial: Readonly<Record<string, string | object>> = {}): MemorySecrets {
  const secrets = new Map<string, Stored>();
  let refusal: RekeyError | undefined;
  let requests = 0;
  // The cache orders versions by whole seconds, and no version is younger than an event about it.
  let madeAtMs = Date.now() - 1_000_000_000;

  function add(secretId: string, value: string | object): [Stored, string] {
    const stored = secrets.get(secretId) ?? { versions: new Map(), stages: new Map() };
    secrets.set(secretId, stored);
    const versionId = randomUUID();
    const textOf = (): string => (typeof value === "string" ? value : JSON.stringify(value));
    const content = value instanceof Uint8Array ? new BinaryValue(value, secretId) : new SecretValue(textOf());
    madeAtMs += 1_000;
    stored.versions.set(versionId, {
      versionId,
      value: content,
      createdAt: new Date(madeAtMs),
    });
    return [stored, versionId];
  }

  function makeCurrent({ stages }: Stored, versionId: string): void {
    const before = stages.get("AWSCURRENT");
    if (before !== undefined) stages.set("AWSPREVIOUS", before);
    stages.set("AWSCURRENT", versionId);
  }

  function find(secretId: string, at: SourceSelector): SourceAnswer | undefined {
    const stored = secrets.get(secretId);
    if (stored === undefined) throw new RekeyError("secret-not-found", { context: { secret: secretId } });
    const versionId = "versionId" in at ? at.versionId : stored.stages.get(at.label);
    return versionId === undefined ? undefined : stored.versions.get(versionId);
  }

  function admit(): void {
    requests++;
    if (refusal !== undefined) throw refusal;
  }

  const source: MemorySecrets = {
    async read(secretId, at) {
      admit();
      return find(secretId, at);
    },
    async readMany(secretIds) {
      admit();
      const outcome = (secretId: string): SourceAnswer | RekeyError | undefined => {
        try {
          return find(secretId, { label: "AWSCURRENT" });
        } catch (error) {
          return error as RekeyError;
        }
      };
      return new Map(secretIds.map((secretId) => [secretId, outcome(secretId)]));
    },
    put(secretId, value) {
      const [stored, versionId] = add(secretId, value);
      makeCurrent(stored, versionId);
      return versionId;
    },
    putPending(secretId, value) {
      const [{ stages }, versionId] = add(secretId, value);
      stages.set("AWSPENDING", versionId);
      return versionId;
    },
    promote(secretId) {
      const stored = secrets.get(secretId);
      const pending = stored?.stages.get("AWSPENDING");
      if (stored === undefined || pending === undefined)
        throw new RekeyError("version-not-pending", { context: { secret: secretId } });
      makeCurrent(stored, pending);
    },
    moveBack(secretId) {
      const stored = secrets.get(secretId);
      const previous = stored?.stages.get("AWSPREVIOUS");
      if (stored === undefined || previous === undefined)
        throw new RekeyError("version-unknown", { context: { secret: secretId } });
      makeCurrent(stored, previous);
    },
    fail(error) {
      refusal = error;
    },
    get requests() {
      return requests;
    },
  };
  for (const [secretId, value] of Object.entries(initial)) source.put(secretId, value);
  return source;
}
