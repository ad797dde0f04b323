import type { SecretValue } from "../secrets/secret-value.ts";
import type { CallOptions } from "./call.ts";

/** A secret as the mirror finds its place by it. */
export interface MirroredSecret {
  readonly secretArn: string;
  readonly secretName: string;
  readonly tags: ReadonlyMap<string, string>;
}

export interface MirrorEntry extends MirroredSecret {
  readonly versionId: string;
  /** When Secrets Manager made this version; an older version never replaces a newer one. */
  readonly createdAt: Date;
  readonly value: SecretValue;
}

/**
 * A second place that holds what is current in Secrets Manager.
 *
 * @example
 * ```ts
 * const copy = async (mirror: Mirror, entry: MirrorEntry, call: CallOptions) => {
 *   const { revision, written } = await mirror.write(entry, call);
 *   return written ? `revision ${revision}` : "nothing new";
 * };
 * ```
 */
export interface Mirror {
  /**
   * Writing one version twice changes nothing. `revision` is the KV version that holds it, or a newer one's. A key that is
   * another secret's, or that rekey never wrote, is refused (`mirror-foreign`) unless an operator takes it over, for good.
   */
  write(
    entry: MirrorEntry,
    call: CallOptions,
    options?: { readonly takesOver?: boolean },
  ): Promise<{ readonly revision: number; readonly written: boolean }>;
  /**
   * Makes what rekey wrote for this very ARN unreadable, so that a later `write` can bring it back; what is another secret's,
   * and what others wrote, is left. Idempotent.
   */
  withdraw(secret: MirroredSecret, call: CallOptions): Promise<{ readonly withdrawn: boolean }>;
}

/**
 * One of several clusters that share the secrets.
 *
 * @example
 * ```ts
 * const all: MirrorCluster = { name: "main", mirrors: () => true };
 * ```
 */
export interface MirrorCluster {
  readonly name: string;
  /** Whether the secret belongs here. Errors: `option-invalid` for a tag. */
  mirrors(secret: MirroredSecret): boolean;
}

/**
 * `altered`: it names this version, or none, and holds something else. `foreign`: the place is another secret's, or somebody
 * else's. `older`, `newer`: it holds another version.
 */
export type MirrorState = "same" | "missing" | "older" | "newer" | "altered" | "foreign";

/** `unproven`: rekey wrote it before it recorded owners, and nothing tells for which secret. */
export type MirrorHolding = "own" | "unproven" | "nothing";

/**
 * Looks at a mirror and changes nothing.
 *
 * @example
 * ```ts
 * const isBehind = async (audit: MirrorAudit, entry: MirrorEntry, call: CallOptions) =>
 *   ["missing", "older"].includes(await audit.compare(entry, call));
 * ```
 */
export interface MirrorAudit {
  /** Errors: those of the mirror. */
  compare(entry: MirrorEntry, call: CallOptions): Promise<MirrorState>;
  /** What of this secret can be read at its place. Errors: those of the mirror. */
  holding(secret: MirroredSecret, call: CallOptions): Promise<MirrorHolding>;
}

/**
 * What the doctor asks of the mirror; nothing is written.
 *
 * @example
 * ```ts
 * const pathOf = async (probe: MirrorProbe, secret: MirroredSecret, call: CallOptions) =>
 *   (await probe.probe(secret, call)).path;
 * ```
 */
export interface MirrorProbe {
  /** Reaches it and logs in. Errors: `mirror-unavailable`, `mirror-unauthorized`, `tls-refused`, `option-invalid`. */
  logIn(call: CallOptions): Promise<void>;
  /** Errors: `mirror-unavailable`, `mirror-unauthorized`, `mirror-foreign`, `mirror-path-invalid`, `tls-refused`. */
  probe(
    secret: { readonly secretArn: string; readonly secretName: string; readonly tags: ReadonlyMap<string, string> },
    call: CallOptions,
  ): Promise<{ readonly path: string; readonly mayWrite: boolean }>;
}

/**
 * One Vault cluster, looked at without a secret's value.
 *
 * @example
 * ```ts
 * const shows = async (view: MirrorView, secret: MirroredSecret, versionId: string, call: CallOptions) =>
 *   view.mirrors(secret) && (await view.look(secret, call)).versionId === versionId;
 * ```
 */
export interface MirrorView {
  readonly cluster: string;
  /** Whether the secret belongs to this one of several clusters. Errors: `option-invalid` for a tag. */
  mirrors(secret: MirroredSecret): boolean;
  /**
   * Revision 0: nothing was ever written there. `owner`: the ARN of another secret, which the key is recorded to be of. `at`:
   * when Vault made that revision. Errors: those of the mirror.
   */
  look(
    secret: MirroredSecret,
    call: CallOptions,
  ): Promise<{
    readonly path: string;
    readonly revision: number;
    readonly owner?: string;
    readonly versionId?: string;
    readonly at?: Date;
  }>;
}
