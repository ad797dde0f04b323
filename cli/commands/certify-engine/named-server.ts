import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { environmentCa } from "../../../shared/runtime/environment-ca.ts";
import { operatorLimits } from "../../../shared/runtime/operator-limits.ts";
import { rotationGrants } from "../../../shared/runtime/rotation-grants.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import type { DatabaseTarget, Inspection } from "../../../shared/ports/database-engine.ts";
import { readCurrent } from "../../../shared/rotation/read-current.ts";
import { type LoginSecret, parseAdminSecret } from "../../../shared/secrets/database-secret.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import type { HostAndPort, RotationGrants } from "../../../shared/rotation/grants.ts";
import { isolatedEngine } from "../../isolation/isolated-engine.ts";
import { loginProcesses } from "../../isolation/login-processes.ts";
import { type Certified, hostInSecrets } from "../../certification/live-fixture.ts";
import { liveServers } from "../../certification/live-servers.ts";
import type { Place } from "../../certification/live-server.ts";
import { engineNamed, type RotatableEngine } from "../../wiring/engines.ts";

interface Named {
  readonly secretId: string;
  /** In place of the secret's. */
  readonly engine: string | undefined;
  readonly tlsCa: string | undefined;
  readonly strategies: readonly string[];
  readonly prefix: string;
}

/** The secret's own host and port; where it names none, the one that the configuration grants. Errors: `option-invalid`. */
function addressOf(secretArn: string, admin: LoginSecret, defaultPort: number, grants: RotationGrants): HostAndPort {
  if (admin.host !== undefined) return { host: admin.host, port: admin.port ?? defaultPort };
  const [granted, ...others] = grants.admins.get(secretArn) ?? [];
  if (granted !== undefined && others.length === 0) return granted;
  throw new RekeyError("option-invalid", {
    context: { option: "REKEY_ADMIN_TARGETS", problem: "the admin secret names no host" },
    hint: "grant one host: REKEY_ADMIN_TARGETS=<admin ARN>=<host>:<port>",
  });
}

/** What the server says of itself, asked in a process that can be killed. Errors: `credential-refused`, those of a login. */
async function versionOf({ engine }: RotatableEngine, { target, admin }: Place, call: CallOptions): Promise<string> {
  const login = await isolatedEngine(engine, loginProcesses()).login(target, admin, call);
  if (!login.ok) {
    const { username: user } = admin;
    throw new RekeyError("credential-refused", {
      context: { user, host: target.host, port: target.port, reason: login.refusal },
      hint: login.hint ?? "put the administrator's credential into the secret",
    });
  }
  const session: typeof login.session & Partial<Inspection> = login.session;
  try {
    return (await session.inspect?.([admin.username], call))?.version ?? target.engine;
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

/**
 * The server that the administrator's secret names, reached and logged in to. Errors: `admin-secret-refused` for a secret that
 * the configuration does not list, `engine-unsupported`, `option-invalid`, `secret-malformed`, those of the store and of a login.
 */
export async function namedServer(
  { secretId, engine: named, tlsCa, strategies, prefix }: Named,
  call: CallOptions,
): Promise<Certified> {
  const environment = environmentOf(process.env);
  const grants = rotationGrants(environment);
  const store = secretsManagerStore(new SecretsManagerClient(operatorLimits));
  const { secretArn } = await store.describe(secretId, call);
  if (!grants.admins.has(secretArn)) {
    throw new RekeyError("admin-secret-refused", {
      context: { admin: secretArn },
      hint: `if you mean this secret, set REKEY_ADMIN_SECRETS=${secretArn}`,
    });
  }
  const secret = parseAdminSecret((await readCurrent(store, secretArn, call)).value);
  const engineName = named ?? secret.engine;
  if (engineName === undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: "engine", problem: "the admin secret names no engine" },
      hint: "pass --engine, such as --engine postgres",
    });
  }
  const rotatable = await engineNamed(engineName);
  const server = liveServers[rotatable.folder];
  if (server === undefined) {
    throw new RekeyError("engine-unsupported", {
      context: { engine: engineName.slice(0, 40) },
      hint: "this command has no users for this engine: run the contract with --module and a fixture of yours",
    });
  }
  const { engine } = rotatable;
  const given = tlsCa === undefined ? environment : environmentOf({ REKEY_TLS_CA: tlsCa });
  const ca = tlsCa === undefined ? secret.tlsCa : undefined;
  const target: DatabaseTarget = {
    engine: engineName,
    ...addressOf(secretArn, secret, engine.defaultPort, grants),
    dbname: secret.dbname ?? engine.defaultDatabase,
    tls: {
      mode: secret.tlsMode ?? grants.adminTls,
      ...defined({ ca: ca ?? (await environmentCa(given, "REKEY_TLS_CA", store)(call)) }),
    },
    options: new Map(),
  };
  const { username, password, authSource } = secret;
  const place: Place = { target, admin: { username, password, authSource }, prefix, secretHost: hostInSecrets(target) };
  const version = await versionOf(rotatable, place, call);
  if ((await server.users(place).ours()).length > 0) {
    throw new RekeyError("user-collision", {
      context: { user: `${prefix}…`, problem: "a user of such a name exists" },
      hint: "run the command again: it draws another name",
    });
  }
  return { ...rotatable, server, place, version, strategies };
}
