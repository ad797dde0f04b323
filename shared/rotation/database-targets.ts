import { defined } from "../secrets/defined.ts";
import type { DatabaseSecret } from "../secrets/database-secret.ts";
import type { TlsMode } from "../secrets/secret-fields.ts";
import type { RotationDependencies } from "./dependencies.ts";
import type { DatabaseEngine, DatabaseTarget } from "../ports/database-engine.ts";
import type { RotationFacts } from "./rotation-facts.ts";

/** One target for each server that has the user. */
export function targetsOf(
  deps: Pick<RotationDependencies, "namePrefix" | "tlsCa"> & {
    readonly engine: Pick<DatabaseEngine, "defaultDatabase" | "defaultPort">;
  },
  secret: DatabaseSecret,
  { policy, options, secretArn, secretName }: RotationFacts,
): readonly [DatabaseTarget, ...DatabaseTarget[]] {
  const ca = secret.tlsCa ?? deps.tlsCa;
  const at = ({ host, port }: { readonly host: string; readonly port: number | undefined }): DatabaseTarget => ({
    secretName: `${deps.namePrefix ?? ""}${secretName}`,
    secretArn,
    engine: secret.engine,
    host,
    port: port ?? deps.engine.defaultPort,
    dbname: secret.dbname ?? deps.engine.defaultDatabase,
    ...defined({ authSource: secret.authSource, account: secret.account, userArn: secret.userArn }),
    tls: { mode: policy.tlsMode ?? secret.tlsMode ?? "verify-full", ...defined({ ca }) },
    listed: 1 + secret.otherHosts.length,
    options,
  });
  return [at(secret), ...secret.otherHosts.map(at)];
}

/** A server that is not fully verified is logged, whoever allowed it. */
export const reportWeakTls = ({ report }: Pick<RotationDependencies, "report">, secret: string, tls: TlsMode): void =>
  report("the connection to the database is not fully verified", { secret, tls });
