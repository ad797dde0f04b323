import type { DatabaseSecret } from "../secrets/database-secret.ts";
import type { RotationDependencies, RotationFacts } from "./dependencies.ts";
import type { DatabaseEngine, DatabaseTarget } from "./ports.ts";

/** One target for each server that has the user. */
export function targetsOf(
  deps: Pick<RotationDependencies, "tlsCa"> & {
    readonly engine: Pick<DatabaseEngine, "defaultDatabase" | "defaultPort">;
  },
  secret: DatabaseSecret,
  { policy, options }: Pick<RotationFacts, "policy" | "options">,
): readonly [DatabaseTarget, ...DatabaseTarget[]] {
  const ca = secret.tlsCa ?? deps.tlsCa;
  const at = ({ host, port }: { readonly host: string; readonly port: number | undefined }): DatabaseTarget => ({
    engine: secret.engine,
    host,
    port: port ?? deps.engine.defaultPort,
    dbname: secret.dbname ?? deps.engine.defaultDatabase,
    ...(secret.authSource === undefined ? {} : { authSource: secret.authSource }),
    tls: { mode: policy.tlsMode ?? secret.tlsMode ?? "verify-full", ...(ca === undefined ? {} : { ca }) },
    options,
  });
  return [at(secret), ...secret.otherHosts.map(at)];
}
