import type { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationNotice } from "../rotation-notice.ts";

export interface SecretNotice extends RotationNotice {
  readonly secretArn: string;
  /** The replaced credential works on for a while, as with alternating users: nobody needs to hurry. */
  readonly replacedStillWorks?: boolean;
}

export interface InvalidationSink {
  /** Settles when the notice is applied: only then may it be acknowledged. */
  notice(notice: SecretNotice): void | Promise<void>;
  /** Notices may have been missed, so everything must be asked for anew. */
  gap(): void;
  error(error: RekeyError, secretId?: string): void;
}

export interface InvalidationSubscription {
  stop(): Promise<void>;
}

/** Tells of rotations. It reconnects by itself until it is stopped, and says when it was cut off. */
export interface InvalidationSource {
  start(sink: InvalidationSink): InvalidationSubscription;
}
