import type { CallOptions } from "../../ports/call.ts";
import type { Account } from "../../ports/account.ts";
import type { MirrorProbe } from "../../ports/mirror.ts";
import { checkFunction, checkSharedUsers } from "./check-account.ts";
import { checkSecret } from "./check-secret.ts";
import { checkServers } from "./check-servers.ts";
import { asResults, checkMirror } from "./check-mirror.ts";
import type { CheckResult } from "./check-results.ts";
import { usersByFunction, type UsersOf } from "./managed-users.ts";
import type { ExaminedRotation } from "./rehearsed-engine.ts";

export interface DoctorPorts {
  readonly rotation: ExaminedRotation;
  readonly account?: Account;
  readonly mirror?: Pick<MirrorProbe, "probe">;
  /** Shared where many secrets are examined; else found with the account. */
  readonly users?: UsersOf;
}

/**
 * Everything that would make a secret's next rotation fail or hurt, found without changing anything: the secret's shape
 * and policy, its servers (reached, verified, logged in to, rights, collisions, setSecret rehearsed on its own sessions), the
 * function and its role, the function's other secrets with the same user, the mirror. An empty list: it will go well. Each refused credential is offered once.
 */
export async function doctor(ports: DoctorPorts, secretId: string, call: CallOptions): Promise<readonly CheckResult[]> {
  const { rotation: deps, account, mirror } = ports;
  return asResults(async () => {
    const description = await deps.store.describe(secretId, call);
    const beside = await asResults(async () => (mirror === undefined ? [] : checkMirror(mirror, description, call)));
    const own = await asResults(async () => {
      const checked = await checkSecret(deps, description, call);
      const { rotation, pending, findings } = checked;
      const around = await asResults(async () => {
        if (account === undefined) return [];
        const { users = usersByFunction({ account, store: deps.store }) } = ports;
        return [
          ...(await checkFunction(account, description, checked, call)),
          ...checkSharedUsers(await users(description.rotationFunctionArn, call), description, rotation),
        ];
      });
      return [...findings, ...(await checkServers(deps, rotation, pending)), ...around];
    });
    return [...own, ...beside];
  });
}
