import type { TlsMode } from "../secrets/secret-fields.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface UserGrant extends HostAndPort {
  readonly username: string;
}

/** What the function's owner grants by its configuration. A secret and its tags choose among it, and never add to it. */
export interface RotationGrants {
  /** Admin secrets by ARN, each with the targets that it may be used on in addition to the host and port that it names itself. */
  readonly admins: ReadonlyMap<string, readonly HostAndPort[]>;
  /** For the login of an admin secret that names no mode itself. */
  readonly adminTls: TlsMode;
  /**
   * Existing users by the name of the secret (`<account>:<name>` for one of another account) that an admin may give them to, though no credential of the secret has
   * logged in as them: to be its alternate user, or to have a lost password replaced.
   */
  readonly users: ReadonlyMap<string, readonly UserGrant[]>;
}

const bare = (host: string): string => host.toLowerCase().replace(/^\[(.+)\]$/u, "$1");

export const isAt = (target: HostAndPort, { host, port }: HostAndPort): boolean =>
  bare(target.host) === bare(host) && target.port === port;

/** Whether the owner gave this user to the secret on every one of these targets. */
export function isUserGranted(
  { users }: RotationGrants,
  username: string,
  targets: readonly DatabaseTarget[],
): boolean {
  // A target of no secret has no grants.
  const grants: ReadonlyMap<string | undefined, readonly UserGrant[]> = users;
  return targets.every((target) =>
    grants.get(target.secretName)?.some((grant) => grant.username === username && isAt(target, grant)),
  );
}
