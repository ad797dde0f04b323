import type { SecretDescription, SecretStore, StoredVersion, VersionSelector } from "../../ports/secret-store.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type { DatabaseEngine, DatabaseSession } from "../../ports/database-engine.ts";

/** One thing that a rotation would do. Names, ids and the shapes of statements; never a value. */
export interface PlannedAction {
  readonly kind: "call" | "connection" | "statement" | "event";
  readonly what: string;
}

export type Note = (action: PlannedAction) => void;

/**
 * A store that reads from the real one and keeps what would be written to itself. Secrets Manager's part is played too:
 * the AWSPENDING version is there before createSecret.
 */
export function plannedStore(real: SecretStore, secretId: string, versionId: string, note: Note): SecretStore {
  let pending: StoredVersion | undefined;
  let promoted = false;
  const call = (what: string): void => note({ kind: "call", what });

  const labelsOf = ({ labels }: SecretDescription): ReadonlyMap<string, readonly string[]> =>
    new Map([...labels, [versionId, promoted ? ["AWSCURRENT"] : ["AWSPENDING"]]]);
  const isPlanned = (at: VersionSelector): boolean =>
    at.versionId === versionId || (at.label === "AWSPENDING" && !promoted);

  return {
    async describe(id, options) {
      call("DescribeSecret");
      const description = await real.describe(id, options);
      return { ...description, rotationEnabled: true, labels: labelsOf(description) };
    },
    async read(id, at, options) {
      call(`GetSecretValue ${at.label ?? "by VersionId"}${id === secretId ? "" : " of the admin secret"}`);
      return id === secretId && isPlanned(at) ? pending : real.read(id, at, options);
    },
    async unlabelled(id, limit, options) {
      call("ListSecretVersionIds");
      return real.unlabelled(id, limit, options);
    },
    async putPending(_request, value) {
      call("PutSecretValue AWSPENDING (write)");
      pending = { versionId, value, createdAt: new Date() };
    },
    async promote() {
      call("UpdateSecretVersionStage AWSCURRENT (write)");
      promoted = true;
    },
    async mark() {
      call("UpdateSecretVersionStage (write)");
    },
    async clearPending() {
      call("UpdateSecretVersionStage AWSPENDING (write)");
    },
  };
}

type AnyEngine = DatabaseEngine & Partial<CredentialIssuer>;

/** A session on which every method notes the statements that it would send. */
function plannedSession(engine: AnyEngine, note: Note): DatabaseSession {
  return new Proxy<DatabaseSession>(
    { [Symbol.asyncDispose]: async () => undefined },
    {
      get(target, name, receiver) {
        if (typeof name === "symbol") return Reflect.get(target, name, receiver);
        if (name === "then" || (engine.plannedStatements !== undefined && !(name in engine.plannedStatements)))
          return undefined;
        return async () => {
          for (const statement of engine.plannedStatements?.[name] ?? [name])
            note({ kind: "statement", what: statement });
        };
      },
    },
  );
}

/** The same engine, with logins that succeed without contacting anything. */
export function plannedEngine<Engine extends AnyEngine>(engine: Engine, note: Note): Engine {
  const planned: Pick<AnyEngine, "login" | "issue" | "revokeOthers"> = {
    async login({ host, port, tls }, { username }) {
      note({ kind: "connection", what: `${username}@${host}:${port} (TLS ${tls.mode})` });
      return { ok: true, session: plannedSession(engine, note) };
    },
    async issue({ host, port }, current) {
      note({ kind: "connection", what: `${host}:${port}` });
      note({ kind: "statement", what: engine.plannedStatements?.["issue"]?.join("; ") ?? "issue a credential" });
      return current;
    },
    async revokeOthers() {
      note({ kind: "statement", what: "revoke the other credentials" });
    },
  };
  return { ...engine, ...planned };
}
