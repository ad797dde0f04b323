import type { Credential, DatabaseEngine, DatabaseTarget, LoginRefusal } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";

interface Refused {
  readonly password: SecretValue;
  readonly dbname: string;
  readonly refusal: LoginRefusal;
  readonly hint: string | undefined;
}

/**
 * Engines that offer a credential which a server has refused to that server no second time, whichever secret it is in: an
 * admin's wrong password, offered for each of its secrets, would lock the admin. Logins of one user on one server wait for
 * each other.
 */
export function avoidLockout(): (engine: DatabaseEngine) => DatabaseEngine {
  const refusals = new Map<string, Refused[]>();
  const turns = new Map<string, Promise<unknown>>();
  const keyOf = ({ host, port }: DatabaseTarget, { username, authSource, saslMechanism }: Credential): string =>
    JSON.stringify([host.toLowerCase(), port, username, authSource, saslMechanism]);

  return (engine) => ({
    ...engine,
    async login(target, credential, call) {
      const key = keyOf(target, credential);
      const offer = async (): ReturnType<DatabaseEngine["login"]> => {
        const known = refusals.get(key)?.find(({ password, dbname, refusal }) => {
          // A wrong password is wrong for every database of the server; a rule may be of one.
          const isSame = refusal === "bad-credential" || dbname === target.dbname;
          return isSame && password.equals(credential.password);
        });
        if (known !== undefined) return { ok: false, refusal: known.refusal, hint: known.hint };
        const login = await engine.login(target, credential, call);
        if (!login.ok) {
          const { refusal, hint } = login;
          const refused = { password: credential.password, dbname: target.dbname, refusal, hint };
          refusals.set(key, [...(refusals.get(key) ?? []), refused]);
        }
        return login;
      };
      const turn = (turns.get(key) ?? Promise.resolve()).then(offer, offer);
      turns.set(key, turn);
      return turn;
    },
  });
}
