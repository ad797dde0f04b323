import type { CallOptions } from "../../shared/ports/call.ts";
import type { Credential, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { redisEngine, type RedisSession, type UnsavedChange } from "../../shared/engines/redis/redis-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

export const call: CallOptions = { signal: new AbortController().signal };

export const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

export const targetOf = ({ host, port }: { readonly host: string; readonly port: number }): DatabaseTarget => ({
  engine: "redis",
  host,
  port,
  dbname: "0",
  tls: { mode: "disable" },
  options: new Map(),
});

/** The engine, and what it reported. */
export function redisEngineStage() {
  const unsaved: UnsavedChange[] = [];
  const engine = redisEngine({ report: (change) => unsaved.push(change) });
  return {
    engine,
    unsaved,
    async open(target: DatabaseTarget, who: Credential): Promise<RedisSession> {
      const login = await engine.login(target, who, call);
      if (!login.ok) throw new Error(`refused: ${login.refusal}`);
      return login.session;
    },
  };
}
