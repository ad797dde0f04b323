import type { ErrorCode } from "../errors/codes.ts";
import type { CallOptions } from "./call.ts";
import type { RotationStep, StepOutcome } from "./rotation.ts";

/** What happened, without a value of any secret. */
export type EvidenceFact =
  /** Secrets Manager was asked for a rotation: by a principal, or by its schedule. */
  | {
      readonly kind: "requested";
      readonly versionId: string;
      readonly by: "principal" | "schedule";
      /** The caller's ARN, of a principal. */
      readonly who?: string;
      readonly reason?: string;
    }
  | {
      readonly kind: "step";
      readonly versionId: string;
      readonly step: RotationStep;
      readonly outcome: StepOutcome;
      readonly durationMs: number;
      /** `host:port`, of the servers that the step worked on. */
      readonly hosts: readonly string[];
      /** What was proved, such as `login-with-pending`. */
      readonly checked: readonly string[];
    }
  | {
      readonly kind: "rotated";
      readonly versionId: string;
      readonly previousVersionId?: string;
      readonly origin: "rotation" | "external";
      readonly engine: string;
      readonly strategy: string;
    }
  | { readonly kind: "failed"; readonly versionId: string; readonly step: RotationStep; readonly code: ErrorCode }
  | {
      readonly kind: "retired";
      readonly versionId: string;
      readonly retiredVersionId: string;
      readonly proof: "refused" | "not-tried";
      /** Connections of the replaced credential that were there when it was retired. */
      readonly heldConnections: number;
    }
  | {
      readonly kind: "mirrored";
      readonly versionId: string;
      readonly revision: number;
      readonly cluster?: string;
    }
  | { readonly kind: "adopted"; readonly versionId: string; readonly subscriber: string }
  /** A version became AWSCURRENT and no record said so: found later by reconcile. */
  | { readonly kind: "missed"; readonly versionId: string }
  /** The newest record of other chains, so that a chain that was cut short is found. */
  | {
      readonly kind: "checkpoint";
      readonly heads: readonly { readonly chain: string; readonly sequence: number; readonly hash: string }[];
    };

/** One record of a chain. */
export interface EvidenceRecord {
  readonly format: 1;
  /** The secret's ARN; `fleet` for checkpoints. */
  readonly chain: string;
  /** From 1, without a gap. */
  readonly sequence: number;
  /** SHA-256 of the record before, 64 hexadecimal digits; 64 zeros for the first. */
  readonly previousHash: string;
  /** ISO 8601. */
  readonly at: string;
  /** Who wrote the record. */
  readonly recordedBy: { readonly functionArn: string; readonly rekeyVersion: string };
  readonly fact: EvidenceFact;
}

/** A record, and the signature of its hash where a key is configured. */
export interface SignedRecord {
  readonly record: EvidenceRecord;
  readonly signature?: { readonly keyArn: string; readonly algorithm: "ECDSA_SHA_256"; readonly value: string };
}

/** Where functions record what they did. */
export interface EvidenceLog {
  /**
   * Appends a fact to a chain, once: the same fact of the same version again changes nothing. Errors: `evidence-unavailable`,
   * `time-budget-spent`.
   */
  append(chain: string, fact: EvidenceFact, call: CallOptions): Promise<void>;
}

/** What was recorded, for reports and verification. */
export interface EvidenceArchive {
  /** Each chain's records in order, chain after chain; of all chains unless one is named. Errors: as those of `EvidenceLog`. */
  records(call: CallOptions, chain?: string): AsyncIterable<SignedRecord>;
}
