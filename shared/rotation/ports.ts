import type { SecretValue } from "../secrets/secret-value.ts";

export type RotationStep = "createSecret" | "setSecret" | "testSecret" | "finishSecret";
export type StagingLabel = "AWSCURRENT" | "AWSPENDING" | "AWSPREVIOUS";

/** Every call across a port is bounded by this signal, made from the time that the Lambda has left. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/** One invocation by Secrets Manager. `versionId` is its ClientRequestToken; `rotationToken` is never logged. */
export interface RotationRequest {
  readonly step: RotationStep;
  readonly secretId: string;
  readonly versionId: string;
  readonly rotationToken?: string;
}

export interface SecretDescription {
  readonly secretArn: string;
  readonly name: string;
  readonly rotationEnabled: boolean;
  /** Staging labels by VersionId; versions without a label are absent. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly tags: ReadonlyMap<string, string>;
}

export interface StoredVersion {
  readonly versionId: string;
  readonly value: SecretValue;
}

/** A version by label, by id, or by both: with both, the store answers only when the label is on that very version. */
export type VersionSelector =
  | { readonly label: StagingLabel; readonly versionId?: string }
  | { readonly versionId: string; readonly label?: undefined };

export interface SecretStore {
  /** Errors: `secret-not-found`. */
  describe(secretId: string, call: CallOptions): Promise<SecretDescription>;
  /** `undefined`: no version with that label, no such version, a version without a value, or the label is elsewhere. */
  read(secretId: string, at: VersionSelector, call: CallOptions): Promise<StoredVersion | undefined>;
  /** Idempotent for an equal value. Errors: `version-conflict` for another value under the same VersionId. */
  putPending(request: RotationRequest, value: SecretValue, call: CallOptions): Promise<void>;
  /** Moves AWSCURRENT. Idempotent. Secrets Manager puts AWSPREVIOUS on the version that it leaves. */
  promote(request: RotationRequest, move: { readonly from: string }, call: CallOptions): Promise<void>;
  /** Takes AWSPENDING off this request's version. Idempotent: a label that is not there is no error. */
  clearPending(request: RotationRequest, call: CallOptions): Promise<void>;
}

export type TlsMode = "verify-full" | "verify-ca" | "require" | "disable";

export interface DatabaseTarget {
  readonly engine: string;
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly tls: { readonly mode: TlsMode; readonly ca?: string };
}

export interface Credential {
  readonly username: string;
  readonly password: SecretValue;
}

export type LoginRefusal = "bad-credential" | "expired" | "login-not-allowed";

export type Login<Session> =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly refusal: LoginRefusal };

/** One logged-in connection. Disposing closes it and never throws. */
export interface DatabaseSession extends AsyncDisposable {
  /** Sets the password of this or another user; the server is given a verifier, never the text. */
  setPassword(credential: Credential, call: CallOptions): Promise<void>;
}

/** What the alternating-users strategy needs beyond a password change. */
export interface UserCloning {
  /**
   * Makes `clone` a user with `original`'s rights and the given password, or brings an existing clone's rights and
   * password up to date, in one transaction. Errors: `user-collision` when that name is a user rekey did not make.
   */
  syncUser(original: string, clone: Credential, call: CallOptions): Promise<void>;
}

export interface EngineCapabilities {
  readonly alternatingUsers: boolean;
  readonly dualPassword: boolean;
  readonly hashesPasswordOnClient: boolean;
}

export interface DatabaseEngine<Session extends DatabaseSession = DatabaseSession> {
  readonly capabilities: EngineCapabilities;
  /** The `engine` names of the secret's JSON that this engine takes. */
  readonly names: readonly string[];
  readonly defaultPort: number;
  readonly maxUsernameBytes: number;
  /** A refused credential is a result; an unreachable, unverified or broken server is an error. */
  login(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Login<Session>>;
}

export type CloningEngine = DatabaseEngine<DatabaseSession & UserCloning>;

/** Ids only. An event never holds a value. */
export type RotationEvent =
  | {
      readonly type: "Secret Rotated";
      readonly secretArn: string;
      readonly secretName: string;
      readonly versionId: string;
      readonly previousVersionId?: string;
      readonly origin: "rotation" | "external";
      readonly engine: string;
      readonly strategy: string;
    }
  | {
      readonly type: "Secret Rotation Failed";
      readonly secretArn: string;
      readonly secretName: string;
      readonly versionId: string;
      readonly step: RotationStep;
      readonly code: string;
      readonly disposition: string;
    };

export interface EventPublisher {
  /** At least once. Errors: `events-unavailable`, `event-rejected`. */
  publish(event: RotationEvent, call: CallOptions): Promise<void>;
}

export interface MirrorEntry {
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  /** When Secrets Manager made this version; an older version never replaces a newer one. */
  readonly createdAt: Date;
  readonly value: SecretValue;
  readonly tags: ReadonlyMap<string, string>;
}

export interface Mirror {
  /** Writing one version twice changes nothing. `revision` is the KV version that holds it, or a newer one's. */
  write(entry: MirrorEntry, call: CallOptions): Promise<{ readonly revision: number; readonly written: boolean }>;
}
