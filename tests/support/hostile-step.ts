import { activeDirectoryEngine } from "../../shared/engines/active-directory/active-directory-engine.ts";
import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { kafkaEngine } from "../../shared/engines/kafka/kafka-engine.ts";
import { ldapEngine } from "../../shared/engines/ldap/ldap-engine.ts";
import { mongodbEngine } from "../../shared/engines/mongodb/mongodb-engine.ts";
import { oracleEngine } from "../../shared/engines/oracle/oracle-engine.ts";
import { redisEngine } from "../../shared/engines/redis/redis-engine.ts";
import { vaultStaticRoleEngine } from "../../shared/engines/vault-static-role/vault-static-role-engine.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { Credential, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import type { HostileStep } from "./hostile-process.ts";

/**
 * Run as a process of its own, since what a hostile server does to it may be that it never ends, or ends by itself. Works on
 * the server as a step of a rotation does, within the step's time, and prints the code of the error that it ends with.
 */
const {
  engine,
  host = "127.0.0.1",
  port,
  tls,
  password,
  next,
  budgetMs,
}: HostileStep = JSON.parse(process.argv[2] ?? "{}");
const call = { signal: AbortSignal.timeout(budgetMs) };
const databases: Readonly<Record<string, string>> = { redis: "0", oracle: "ORDERS.example.com" };
const names: Readonly<Partial<Record<HostileStep["engine"], string>>> = {
  ldap: "cn=app,dc=rekey",
  "active-directory": "app@rekey.test",
};
const username = names[engine] ?? "app";
const credential = (value: string): Credential => ({ username, password: new SecretValue(value) });
const target: DatabaseTarget = {
  secretName: "db/app",
  engine,
  host,
  port,
  dbname: databases[engine] ?? "admin",
  tls,
  options: new Map([["rekey:vault-role", "app"]]),
};

async function work(): Promise<void> {
  switch (engine) {
    case "mongodb": {
      const login = await mongodbEngine().login(target, credential(password), call);
      if (!login.ok) throw new RekeyError("credential-refused");
      await using session = login.session;
      await session.inspect(["app"], call);
      await session.setPassword(credential(next), call);
      return;
    }
    case "oracle": {
      const login = await oracleEngine().login(target, credential(password), call);
      if (!login.ok) throw new RekeyError("credential-refused");
      await using session = login.session;
      await session.inspect(["app"], call);
      await session.keepBoth(credential(password), credential(next), call);
      return;
    }
    case "redis": {
      const login = await redisEngine({ report: () => undefined }).login(target, credential(password), call);
      if (!login.ok) throw new RekeyError("credential-refused");
      await using session = login.session;
      await session.inspect(["app"], call);
      await session.keepBoth(credential(password), credential(next), call);
      return;
    }
    case "active-directory": {
      const login = await activeDirectoryEngine().login(target, credential(password), call);
      if (!login.ok) throw new RekeyError("credential-refused");
      await using session = login.session;
      await session.readOwnAccount(call);
      await session.setPassword(credential(next), call);
      return;
    }
    case "ldap": {
      const login = await ldapEngine().login(target, credential(password), call);
      if (!login.ok) throw new RekeyError("credential-refused");
      await using session = login.session;
      await session.inspect([username], call);
      await session.keepBoth(credential(password), credential(next), call);
      return;
    }
    case "kafka": {
      const login = await kafkaEngine().login(target, credential(password), call);
      if (!login.ok) throw new RekeyError("credential-refused");
      await using session = login.session;
      await session.inspect([username], call);
      await session.keepBoth(credential(password), { ...credential(next), saslMechanism: "SCRAM-SHA-256" }, call);
      return;
    }
    case "http-api-key":
      await httpApiKeyEngine(() => true).issue(target, credential(password), call);
      return;
    case "vault": {
      const token = { method: "approle", roleId: "r", secretId: new SecretValue(password) } as const;
      const send = connectVault({ address: `http://127.0.0.1:${port}`, login: token });
      await vaultStaticRoleEngine(send, new Map([["db/app", ["database/app"]]])).issue(
        target,
        credential(password),
        call,
      );
    }
  }
}

try {
  await work();
  process.stdout.write("done");
} catch (error) {
  process.stdout.write(error instanceof RekeyError ? error.code : `foreign ${String(error)}`);
}
