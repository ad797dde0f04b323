import type { CredentialIssuer, DatabaseEngine, DatabaseSession } from "../../ports/database-engine.ts";
import type { Note } from "./planned-action.ts";

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
