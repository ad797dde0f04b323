import type { CallOptions, RotationRequest } from "./database-engine.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

/** Who has said that it uses a version of a secret. */
export interface Adoptions {
  /** Notes one more, and returns all of that version. Idempotent. Errors: `adoption-unavailable`, `time-budget-spent`. */
  note(
    adoption: { readonly secretArn: string; readonly versionId: string; readonly subscriber: string },
    call: CallOptions,
  ): Promise<ReadonlySet<string>>;
}

/** A secret's own rotation function, asked for one step outside of a rotation. */
export interface RotationInvoker {
  /** Errors: those of the step, by code; `rotation-function-failed` for a function that could not be asked; `time-budget-spent`. */
  invoke(functionArn: string, request: RotationRequest, call: CallOptions): Promise<void>;
}

/** Which secrets there are. */
export interface SecretCatalogue {
  /**
   * ARNs of at most 100 secrets whose names begin with one of these, or of any for no prefix, and where to go on. A secret
   * that is new may be missing for minutes. Errors: those of the store.
   */
  page(
    from: { readonly cursor?: string; readonly namePrefixes: readonly string[] },
    call: CallOptions,
  ): Promise<{ readonly secretArns: readonly string[]; readonly cursor?: string }>;
}

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

/** One of several clusters that share the secrets. */
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

/** Looks at a mirror and changes nothing. */
export interface MirrorAudit {
  /** Errors: those of the mirror. */
  compare(entry: MirrorEntry, call: CallOptions): Promise<MirrorState>;
  /** What of this secret can be read at its place. Errors: those of the mirror. */
  holding(secret: MirroredSecret, call: CallOptions): Promise<MirrorHolding>;
}

/** A queue that a function feeds itself from. */
export interface Dispatch {
  /** Errors: `queue-unavailable`, `time-budget-spent`. At least once. */
  send(message: object, call: CallOptions): Promise<void>;
}
