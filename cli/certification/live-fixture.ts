import { isIP } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { DatabaseEngine, DatabaseSession, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import type { StrategyName } from "../../shared/rotation/rotation-policy.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";
import type {
  Account,
  EngineFixture,
  EngineServer,
  Exemption,
  SecretFields,
  Variant,
} from "../../shared/testing/engine-contract/fixture.ts";
import type { LiveServer, Place, Source } from "./live-server.ts";
import { throughLoopback } from "./through-loopback.ts";
import { startTlsRelay } from "./tls-relay.ts";

/** What is certified: an engine, on a server, in users of its own. */
export interface Certified {
  readonly engine: DatabaseEngine;
  readonly strategiesOn: (engine: DatabaseEngine) => RotationStrategies;
  readonly server: LiveServer;
  readonly place: Place;
  /** What the server says of itself. */
  readonly version: string;
  /** Empty: all that the engine has. */
  readonly strategies: readonly string[];
}

export interface LiveFixture {
  readonly fixture: EngineFixture;
  /** Users that the contract made, without the alternates that rotations made. */
  readonly made: () => number;
  /** Where the run has looked for clear text last. */
  readonly sources: () => readonly Source[];
  /** Makes no more users, and removes all. Returns the names of those that are left. */
  removeUsers(): Promise<readonly string[]>;
}

const removals = 3;
const settleMs = 1_000;

const trustOf = ({ tls: { mode, ca } }: DatabaseTarget): SecretFields => ({
  ssl: mode === "disable" ? false : mode,
  ...(ca === undefined ? {} : { sslrootcert: ca }),
});

/** What a server that is there cannot be made to be. */
function givenExemptions({ tls: { mode } }: DatabaseTarget): readonly Exemption[] {
  if (mode !== "disable") {
    return [
      { clause: "tls-absent", reason: "the named server has TLS, which is not turned off for the run" },
      { clause: "clear-password-asked", reason: "the run's users log in over TLS, and whoever asks here has none" },
    ];
  }
  const reason = "the admin secret says ssl: false";
  return [
    { clause: "tls", reason },
    { clause: "tls-not-verified", reason },
  ];
}

/**
 * A certificate is for a name, which leads to loopback for the time of a login; an address does not. Errors: `option-invalid`
 * for an address elsewhere whose certificate is verified.
 */
export function hostInSecrets({ host, tls: { mode } }: DatabaseTarget): string {
  if (isIP(host.replace(/^\[(.+)\]$/u, "$1")) === 0) return host;
  if (host === "127.0.0.1" || mode !== "verify-full") return "127.0.0.1";
  throw new RekeyError("option-invalid", {
    context: { option: "secret", problem: "the host is an address, and its certificate is verified", host },
    hint: "name the server in the admin secret by the name that its certificate has",
  });
}

/** The session, some of which open further connections. */
const ledSession = (session: DatabaseSession): DatabaseSession =>
  new Proxy(session, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...how: unknown[]) =>
        throughLoopback(async (): Promise<unknown> => Reflect.apply(member, target, how));
    },
  });

/** Errors: `option-invalid` for a strategy that cannot be tried here. */
function variantsOf({ server, place, version, strategies }: Certified): readonly [Variant, ...Variant[]] {
  const all = server.variants(place, version);
  const has = (name: string): name is StrategyName => all.some(({ strategy }) => strategy === name);
  const unknown = strategies.find((name) => !has(name));
  const [first, ...others] =
    strategies.length === 0 ? all : all.filter(({ strategy }) => strategies.includes(strategy));
  if (unknown === undefined && first !== undefined) return [first, ...others];
  const hint = `use one of ${[...new Set(all.map(({ strategy }) => strategy))].join(", ")}`;
  throw new RekeyError("option-invalid", { context: { option: "strategy", value: unknown }, hint });
}

/** A server that is already there as the contract's, and what ends the users that the contract makes on it. */
export function liveFixture(certified: Certified): LiveFixture {
  const { server, place, version, strategiesOn } = certified;
  const { target, admin, prefix, secretHost } = place;
  const users = server.users(place);
  let refused = 0;
  let made = 0;
  let names = 0;
  let isOver = false;
  let sources: readonly Source[] = [];
  const engine: DatabaseEngine = {
    ...certified.engine,
    async login(...how) {
      const login = await throughLoopback(async () => certified.engine.login(...how));
      if (login.ok) return { ...login, session: ledSession(login.session) };
      refused++;
      return login;
    },
  };

  async function createUser(account: Account): Promise<SecretFields> {
    if (isOver) throw new RekeyError("time-budget-spent", { context: { operation: "create a user" } });
    if (!account.username.startsWith(prefix, server.usernameOf !== undefined && account.username[0] === '"' ? 1 : 0)) {
      throw new RekeyError("user-collision", { context: { user: account.username, problem: "not of this run" } });
    }
    made++;
    return users.create(account);
  }

  const fixture: EngineFixture = {
    name: version,
    engine,
    ...strategiesOn(engine),
    variants: variantsOf(certified),
    exemptions: [...server.exemptions, ...givenExemptions(target)],
    freshName: () => `${prefix}_${(names++).toString(36).padStart(4, "0")}`,
    ...(server.notInNames === undefined ? {} : { notInNames: server.notInNames }),
    ...(server.askForClearPassword === undefined ? {} : { askForClearPassword: server.askForClearPassword }),
    async start(certificate): Promise<EngineServer> {
      const relay = certificate === undefined ? undefined : await startTlsRelay(target, certificate, server);
      return {
        host: relay === undefined ? target.host : "127.0.0.1",
        port: relay?.port ?? target.port,
        hostInSecrets: relay === undefined ? secretHost : "127.0.0.1",
        fields: {
          engine: target.engine,
          dbname: target.dbname,
          ...(target.authSource === undefined ? {} : { authSource: target.authSource }),
          ...trustOf(target),
        },
        ...(server.usernameOf === undefined ? {} : { usernameOf: server.usernameOf }),
        ...(server.unknownDatabase === undefined ? {} : { unknownDatabase: server.unknownDatabase }),
        admin: { username: admin.username, password: admin.password.reveal() },
        createUser,
        changePassword: async (account) => users.changePassword(account),
        accepts: async (account) => users.accepts(account),
        async logs() {
          sources = await users.written();
          // What the run itself knows is never empty, so that a server which tells nothing does not fail for that.
          return [version, ...sources.flatMap(({ lines = [] }) => lines)].join("\n");
        },
        failedLogins: async () => refused,
        hardships: users.hardships,
        ...(users.accountProperties === undefined ? {} : { accountProperties: users.accountProperties }),
        describeAccount: async (username) => users.describe(username),
        describeInEffect: async (account) =>
          users.describeInEffect === undefined ? users.describe(account.username) : users.describeInEffect(account),
        stop: async () => relay?.stop(),
      };
    },
  };

  return {
    fixture,
    made: () => made,
    sources: () => sources,
    async removeUsers() {
      isOver = true;
      let left: readonly string[] = [];
      // A rotation that was interrupted may have an alternate on its way.
      for (let removal = 0; removal < removals; removal++) {
        if (removal > 0) await wait(settleMs);
        left = await users.ours();
        for (const username of left) await users.remove(username).catch(() => undefined);
        if (left.length > 0) left = await users.ours();
      }
      return left;
    },
  };
}
