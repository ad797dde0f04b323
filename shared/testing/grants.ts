import type { HostAndPort, RotationGrants, UserGrant } from "../rotation/grants.ts";
import type { TlsMode } from "../secrets/secret-fields.ts";

/** Grants as a function's owner would configure them; nothing is granted that is not named. */
export const grantsOf = ({
  admins = {},
  adminTls = "verify-full",
  users = {},
}: {
  /** Targets by the admin secret's ARN. */
  readonly admins?: Readonly<Record<string, readonly HostAndPort[]>>;
  readonly adminTls?: TlsMode;
  /** By the name of the secret. */
  readonly users?: Readonly<Record<string, readonly UserGrant[]>>;
} = {}): RotationGrants => ({
  admins: new Map(Object.entries(admins)),
  adminTls,
  users: new Map(Object.entries(users)),
});
