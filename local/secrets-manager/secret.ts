import type { Members } from "../../shared/answers/members.ts";

export type SecretContent = { readonly SecretString: string } | { readonly SecretBinary: string };

export interface SecretVersion {
  readonly versionId: string;
  readonly createdMs: number;
  /** A version without labels is deprecated: hidden, and removed in time. */
  readonly labels: Set<string>;
  /** `undefined` on the AWSPENDING version that RotateSecret makes before createSecret. */
  content: SecretContent | undefined;
  accessedMs: number | undefined;
}

/** What a primary has in common with its replicas: they hold the same object until they are promoted. */
export interface SecretState {
  /** In the order of their creation. */
  readonly versions: Map<string, SecretVersion>;
  readonly tags: Map<string, string>;
  /** Once a secret has had tags, an empty list of them is shown. */
  tagged: boolean;
  description: string | undefined;
  resourcePolicy: string | undefined;
  /** Of a managed external secret: the partner's name for what it holds. */
  type: string | undefined;
  /** The AWS service that made the secret, and manages it: `rds`. Its name does not tell. */
  readonly owningService: string | undefined;
  changedMs: number;
}

/** One rotation, or the test that stands for it when RotateSecret must not rotate at once. */
export interface Rotation {
  readonly kind: "rotation" | "test";
  /** The version that it makes: the ClientRequestToken of every step. */
  readonly versionId: string;
  /** Sent with each step; a write that brings it is refused unless this rotation is running. */
  readonly rotationToken: string;
  /**
   * `waiting` for its next attempt; `failed` when no attempts are left until the next rotation window, or when AWSPENDING
   * was taken off its version; `abandoned` when somebody put a new version meanwhile.
   */
  state: "running" | "waiting" | "succeeded" | "failed" | "abandoned" | "cancelled";
  attempts: number;
  /** The step at which the last attempt ended, and the error's type. */
  failure: { readonly step: RotationStep; readonly error: string } | undefined;
}

/** As in the requests and answers of Secrets Manager. */
export interface RotationRules {
  readonly AutomaticallyAfterDays?: number;
  readonly ScheduleExpression?: string;
  readonly Duration?: string;
}

export const rotationSteps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type RotationStep = (typeof rotationSteps)[number];

/** How a partner rotates a managed external secret, as in RotateSecret. */
export interface ExternalRotation {
  readonly metadata: readonly Readonly<Record<"Key" | "Value", string>>[] | undefined;
  readonly roleArn: string | undefined;
}

export interface RotationSettings {
  enabled: boolean;
  /** Empty where a partner rotates. */
  lambdaArn: string;
  readonly external: ExternalRotation | undefined;
  rules: RotationRules | undefined;
  lastRotatedMs: number | undefined;
  /** The end of the next rotation window. */
  nextMs: number | undefined;
  latest: Rotation | undefined;
}

export interface Replica {
  readonly kmsKeyId: string | undefined;
  /** Why the secret could not be replicated; a replica without it is in sync, or behind while it is held back. */
  readonly failure: string | undefined;
  /** It keeps what it had; the primary's answers say that it is in progress. */
  readonly isHeld?: boolean;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly createdMs: number;
  state: SecretState;
  kmsKeyId: string | undefined;
  accessedMs: number | undefined;
  /** When it will be gone: the end of the recovery window. */
  deletionMs: number | undefined;
  /** On a replica: the secret that it follows. */
  primary: Secret | undefined;
  /** By region. */
  readonly replicas: Map<string, Replica>;
  rotation: RotationSettings | undefined;
}

/** ReplicationStatus of the answers. A replica shares the primary's state, so that it is in sync at once, unless it is held. */
export const replicationStatus = ({ replicas }: Secret): readonly Members[] =>
  [...replicas].map(([Region, { kmsKeyId, failure, isHeld = false }]) => ({
    Region,
    KmsKeyId: kmsKeyId,
    Status: failure === undefined ? (isHeld ? "InProgress" : "InSync") : "Failed",
    StatusMessage: failure,
  }));
