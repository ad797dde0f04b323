import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import { defined } from "../secrets/defined.ts";
import { type DatabaseSecret, type LoginSecret, parseAdminSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { reportWeakTls } from "./database-targets.ts";
import type { RotationDependencies } from "./dependencies.ts";
import type { LoginSearch } from "./earlier-logins.ts";
import { type HostAndPort, isAt } from "./grants.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";
import type { StagingLabel } from "../ports/secret-store.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { StoredLogin } from "./strategies/strategy.ts";

const labels: readonly StagingLabel[] = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"];

export const adminArnOf = ({ masterArn }: DatabaseSecret, { policy }: RotationFacts): string | undefined =>
  masterArn ?? policy.adminSecretArn;

const refused = (
  admin: string,
  problem: string,
  at: Partial<HostAndPort> = {},
  more: { readonly hint?: string } = {},
): RekeyError => new RekeyError("admin-secret-refused", { context: { admin, problem, ...at }, ...more });

/** All of the secret's targets are compared, so that none is changed where one of them is not granted. */
function requireGrant(
  { engine }: RotationDependencies,
  arn: string,
  admin: LoginSecret,
  granted: readonly HostAndPort[],
  targets: readonly DatabaseTarget[],
): void {
  if (admin.engine !== undefined && engine.names.length > 0 && !engine.names.includes(admin.engine)) {
    throw refused(arn, "it is for another engine");
  }
  const own = admin.host === undefined ? [] : [{ host: admin.host, port: admin.port ?? engine.defaultPort }];
  const other = targets.find((target) => ![...own, ...granted].some((at) => isAt(target, at)));
  if (other === undefined) return;
  throw refused(
    arn,
    "it may not be used on this host and port",
    { host: other.host, port: other.port },
    {
      hint: "if the admin belongs to this server, add <admin ARN>=<host>:<port> to REKEY_ADMIN_TARGETS (template parameter AdminTargets)",
    },
  );
}

/** An error says which secret it is about: the admin's, and not the one that is rotated. */
function adminIn(value: SecretValue, arn: string): LoginSecret {
  try {
    return parseAdminSecret(value);
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    throw new RekeyError(error.code, { context: { admin: arn, ...error.context }, hint: error.hint });
  }
}

/**
 * The logins of the secret's admin on one of its targets: AWSCURRENT's, then those of the admin's own rotation. Which admin
 * secrets there are, and where each may be used, is the configuration's to say; how the server is verified, the
 * configuration's or the admin secret's. Errors: `admin-secret-refused`, `secret-not-found`, `secret-malformed`.
 */
export async function* adminLogins(
  { deps, current, facts, targets, call }: LoginSearch,
  target: DatabaseTarget,
): AsyncGenerator<StoredLogin> {
  const arn = adminArnOf(current, facts);
  if (arn === undefined) return;
  const granted = deps.grants.admins.get(arn);
  if (granted === undefined) throw refused(arn, "the function's configuration does not name it");
  for (const label of labels) {
    const version = await deps.store.read(arn, { label }, call);
    if (version === undefined && label === "AWSCURRENT") {
      throw new RekeyError("secret-not-found", { context: { secret: arn } });
    }
    if (version === undefined) continue;
    const admin = adminIn(version.value, arn);
    requireGrant(deps, arn, admin, granted, targets);
    const ca = admin.tlsCa ?? deps.tlsCa;
    const mode = admin.tlsMode ?? deps.grants.adminTls;
    if (mode !== "verify-full") reportWeakTls(deps, arn, mode);
    yield {
      credential: { ...admin, authSource: admin.authSource ?? deps.engine.defaultDatabase },
      target: {
        ...target,
        tls: { mode, ...defined({ ca }) },
      },
    };
  }
}
