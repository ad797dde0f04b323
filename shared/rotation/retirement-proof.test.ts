import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import type { ServerFacts } from "../ports/database-engine.ts";
import type { RotationWiring } from "./rotate.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { memoryEngine, type MemoryEngine } from "../testing/memory-engine.ts";
import { type MemoryRotation, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";
import { proveRetired } from "./retirement-proof.ts";
import type { StrategyName } from "./rotation-policy.ts";
import type { StrategyContext } from "./strategies/strategy.ts";

type Wiring = (engine: MemoryEngine) => Partial<RotationWiring>;

async function rotated(strategy: StrategyName, wiring?: Wiring, fields: object = {}): Promise<MemoryRotation> {
  const stage = memoryRotation({ strategy, fields, tags: { "rekey:grace": "1h" }, ...(wiring && { wiring }) });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
    await stage.container()(step);
  return stage;
}

const retire = async (stage: MemoryRotation): Promise<string> => stage.container()("retirePrevious", "v1", true);

/** An engine whose sessions say after how many refusals the user that they are asked about is locked. */
/** Of AWSPREVIOUS, under every strategy. */
const replacedUser = "app";

const lockingAfter =
  (locksAfterRefusals: number): Wiring =>
  (engine) => ({
    engine: {
      ...engine,
      async login(...given) {
        const login = await engine.login(...given);
        if (!login.ok) return login;
        const facts: ServerFacts = {
          version: "1",
          isSupported: true,
          isReadOnly: false,
          users: new Map(),
          locksAfterRefusals,
        };
        const inspect = async ([user]: readonly string[]): Promise<ServerFacts> => {
          expect(user).toBe(replacedUser);
          return facts;
        };
        return { ok: true, session: { ...login.session, inspect } };
      },
    },
  });

/** An engine of which only what the step itself does is changed, not what its strategy does. */
const loggingIn =
  (login: (engine: MemoryEngine) => MemoryEngine["login"]): Wiring =>
  (engine) => ({ engine: { ...engine, login: login(engine) } });

test.each([
  ["dual-password", 0],
  ["alternating-users", 0],
  ["dual-password", 3],
  ["alternating-users", 3],
] as const)("%s: the replaced credential is offered once, and refused (locks after %i)", async (strategy, locks) => {
  const stage = await rotated(strategy, locks === 0 ? undefined : lockingAfter(locks));
  const before = stage.engine.refusedLogins();
  await expect(retire(stage)).resolves.toBe("done");
  expect(stage.engine.refusedLogins()).toBe(before + 1);
  expect(stage.publisher.events.at(-1)).toMatchObject({ type: "Secret Retired", proof: "refused" });
});

test("a server that does not say when it locks a user is asked once", async () => {
  const stage = await rotated("dual-password", (engine) => ({
    engine: {
      ...engine,
      async login(...given) {
        const login = await engine.login(...given);
        if (!login.ok) return login;
        const inspect = async (): Promise<never> => {
          throw new RekeyError("database-rights-missing", {});
        };
        return { ok: true, session: { ...login.session, inspect } };
      },
    },
  }));
  const before = stage.engine.refusedLogins();
  await expect(retire(stage)).resolves.toBe("done");
  expect(stage.engine.refusedLogins()).toBe(before + 1);
});

test("each of several servers has to refuse it", async () => {
  const stage = await rotated("dual-password", undefined, { hosts: ["db2"] });
  const before = stage.engine.refusedLogins();
  await retire(stage);
  expect(stage.engine.refusedLogins()).toBe(before + 2);
});

test("of several servers, one that may not be asked leaves it unproved", async () => {
  let asked = 0;
  const stage = await rotated(
    "dual-password",
    (engine) => ({
      engine: {
        ...engine,
        async login(target, credential, call) {
          const login = await engine.login(target, credential, call);
          if (!login.ok || target.host !== "db2") return login;
          asked++;
          const facts = { version: "1", isSupported: true, isReadOnly: false, users: new Map(), locksAfterRefusals: 1 };
          return { ok: true, session: { ...login.session, inspect: async () => facts } };
        },
      },
    }),
    { hosts: ["db2"] },
  );
  await expect(retire(stage)).resolves.toBe("done");
  expect(asked).toBeGreaterThan(0);
  expect(stage.publisher.events.at(-1)).toMatchObject({ proof: "not-tried" });
});

test.each([
  ["dual-password", ["in", "refused", "in"]],
  ["alternating-users", ["in", "refused"]],
] as const)("%s: one user's login after the refusal ends the server's count", async (strategy, expected) => {
  const logins: string[] = [];
  const stage = await rotated(
    strategy,
    loggingIn((engine) => async (...given) => {
      const login = await engine.login(...given);
      logins.push(login.ok ? "in" : "refused");
      return login;
    }),
  );
  logins.length = 0;
  await retire(stage);
  expect(logins).toEqual(expected);
});

test("a server that refuses the current credential for a moment is asked all the same", async () => {
  let isRefusing = false;
  const stage = await rotated(
    "alternating-users",
    loggingIn((engine) => async (target, credential, call) => {
      if (!isRefusing || credential.username === replacedUser) return engine.login(target, credential, call);
      return { ok: false, refusal: "bad-credential" };
    }),
  );
  isRefusing = true;
  await retire(stage);
  expect(stage.publisher.events.at(-1)).toMatchObject({ proof: "refused" });
});

test("where the secret names no server, no login can prove it", async () => {
  const engine = memoryEngine();
  const credential = { username: replacedUser, password: new SecretValue("old-password") };
  const host = { replaced: async () => ({ credential, target: { host: "" } }) } as unknown as StrategyContext;
  await expect(proveRetired(engine, credential, [host])).resolves.toBe("not-tried");
  expect(engine.logins()).toBe(0);
});

test("where a server takes it nevertheless, nothing is published, and the next try proves it", async () => {
  let isLate = true;
  let open = 0;
  const stage = await rotated("dual-password", (engine) => ({
    engine: {
      ...engine,
      async login(target, credential, call) {
        const isReplaced = credential.password.equals(new SecretValue("old-password"));
        if (!isLate || !isReplaced) return engine.login(target, credential, call);
        open++;
        return { ok: true, session: { [Symbol.asyncDispose]: async () => void open-- } };
      },
    },
  }));
  await expect(retire(stage)).rejects.toMatchObject({
    code: "replaced-still-logs-in",
    context: { user: "app", host: "db" },
  });
  expect(open).toBe(0);
  expect(stage.publisher.events.map(({ type }) => type)).not.toContain("Secret Retired");
  isLate = false;
  await expect(retire(stage)).resolves.toBe("done");
});

test.each([
  ["the user is locked after one refusal", 1],
  ["a service that offers it at the same time would lock the user", 2],
] as const)("it is not offered where %s", async (_case, locks) => {
  const stage = await rotated("dual-password", lockingAfter(locks));
  const before = stage.engine.refusedLogins();
  await expect(retire(stage)).resolves.toBe("done");
  expect(stage.engine.refusedLogins()).toBe(before);
  expect(stage.logsIn("AWSPREVIOUS")).toBe(false);
  expect(stage.publisher.events.at(-1)).toMatchObject({ type: "Secret Retired", proof: "not-tried" });
});

test.each([
  ["names another server", memoryValue("old-password", { host: "attacker" })],
  ["holds AWSCURRENT's credential", undefined],
  ["cannot be read", new SecretValue("no JSON")],
] as const)("it is not offered where AWSPREVIOUS %s", async (_case, value) => {
  const stage = await rotated("dual-password");
  const current = stage.store.labelled("AWSCURRENT")?.value ?? new SecretValue("");
  stage.store.putByHand("v0", value ?? current);
  stage.store.putByHand("v1", current);
  const before = stage.engine.logins();
  await retire(stage);
  // The session that retires, and no other.
  expect(stage.engine.logins()).toBe(before + 1);
  expect(stage.publisher.events.at(-1)).toMatchObject({ proof: "not-tried" });
});
