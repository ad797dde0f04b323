import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretClient } from "../secret-client.ts";

/** Tells whoever retires credentials that this service uses a version, and no older one any more. Ids only. */
export type Acknowledge = (adopted: { readonly secretId: string; readonly versionId: string }) => Promise<void>;

/** Which secret a pool or connection follows. */
export interface FollowedSecret {
  readonly client: SecretClient;
  readonly secretId: string;
  /**
   * Told of a version once nothing uses an older one any more, and again later when it rejects: at least once.
   * `rekey/client/acknowledgement/eventbridge` has one that publishes on EventBridge.
   */
  readonly acknowledge?: Acknowledge;
}

export interface RotatingOptions extends FollowedSecret {
  /** How long connections of a replaced credential may finish what they do. 60,000. */
  readonly drainTimeoutMs?: number;
  /**
   * What then becomes of those that are still in use. `release`: each is closed when it is released, however late, and
   * `end` waits for them no longer. `destroy`: they are closed at once, in the midst of a transaction. `release`.
   */
  readonly afterDrainTimeout?: "release" | "destroy";
}

/** What every pool and connection takes. */
export const rotatingOptionNames: ReadonlySet<string> = new Set<string>([
  "client",
  "secretId",
  "acknowledge",
  "drainTimeoutMs",
  "afterDrainTimeout",
] satisfies (keyof RotatingOptions)[]);

/** Errors: `option-invalid` for an option that is not among these. */
export function assertNames(options: object, known: ReadonlySet<string>, hintFor: (name: string) => string): void {
  const other = Object.keys(options).find((name) => !known.has(name));
  if (other === undefined) return;
  throw new RekeyError("option-invalid", { context: { option: other }, hint: hintFor(other) });
}

/** Errors: `option-invalid` for what JavaScript may give and the pool would drop, such as `ssl` outside of `pool`, the settings' place. */
export const assertKnown = (options: object, place = "pool"): void =>
  assertNames(options, rotatingOptionNames, (name) => `the driver's settings belong in ${place}: { ${name} }`);

type Seen = Pick<Rotating, "refusedLogins" | "versionId">;

/** Lets what a driver made show how the credentials behind it rotate. */
export const showing = <Target extends object>(target: Target, of: Seen): Target & Seen =>
  Object.defineProperties(target, {
    refusedLogins: { enumerable: true, configurable: true, get: () => of.refusedLogins },
    versionId: { enumerable: true, configurable: true, get: () => of.versionId },
  }) as Target & Seen;

/** What can be seen of a pool or a connection that rotates. */
export interface Rotating extends AsyncDisposable {
  /** Logins that the server refused; a newer credential was then tried. */
  readonly refusedLogins: number;
  /** The version whose credential new connections take. */
  readonly versionId: string | undefined;
}
