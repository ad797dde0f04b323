import { createHash } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { userPath } from "./account.ts";
import type { SecurityApi } from "./security-api.ts";

/** Another invocation may delete the user in between. */
const attempts = 3;

/** One for each user, so that what a killed invocation leaves is found again. It has no roles. */
const probeOf = (user: string): string =>
  `rekey-probe-${createHash("sha256").update(user, "utf8").digest("hex").slice(0, 16)}`;

/**
 * A server whose `plugins.security.password.hashing.algorithm` is not bcrypt lets nobody in by a hash of bcrypt, and shows the
 * setting to nobody. So a user that is made for it and deleted tries this hash first. Errors: `account-unsupported`.
 */
export async function proveHash(
  api: SecurityApi,
  { username, password }: Credential,
  hash: SecretValue,
  call: CallOptions,
): Promise<void> {
  const operation = "try the hash";
  const probe = { username: probeOf(username), password };
  const path = userPath(probe.username);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    await api.change({ operation, method: "PUT", path, json: { hash: hash.reveal() } }, call);
    const isTaken = await api.as(probe).logsIn(call);
    const wasThere = isTaken || (await api.read(operation, path, call)) !== undefined;
    await api.change({ operation, method: "DELETE", path }, call);
    if (isTaken) return;
    if (!wasThere) continue;
    throw new RekeyError("account-unsupported", {
      context: { user: username, property: "no login by bcrypt" },
      hint: "the server does not let a user in by a bcrypt hash: rekey needs plugins.security.password.hashing.algorithm: bcrypt, which is the default",
    });
  }
  throw new RekeyError("database-busy", { context: { operation } });
}
