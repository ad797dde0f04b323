import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import type { ServerFacts } from "../ports/database-engine.ts";
import type { RotationWiring } from "./rotate.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import type { MemoryEngine } from "../testing/memory-engine.ts";
import { type MemoryRotation, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";
import type { StrategyName } from "./rotation-policy.ts";

type Wiring = (engine: MemoryEngine) => Partial<RotationWiring>;

async function rotated(strategy: StrategyName, wiring?: Wiring, fields: object = {}): Promise<MemoryRotation> {
  const stage = memoryRotation({ strategy, fields, tags: { "rekey:grace": "1h" }, ...(wiring && { wiring }) });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
    await stage.container()(step);
  return stage;
}

const retire = async (stage: MemoryRotation): Promise<string> => stage.container()("retirePrevious", "v1", true);

/** An engine whose sessions say after how many refusals a user is locked. */
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
        return { ok: true, session: { ...login.session, inspect: async () => facts } };
      },
    },
  });

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

test("a user who logs in with the current credential does so after the refusal, which ends the server's count", async () => {
  const logins: string[] = [];
  const stage = await rotated("dual-password", (engine) => ({
    engine: {
      ...engine,
      async login(target, credential, call) {
        const login = await engine.login(target, credential, call);
        logins.push(login.ok ? "in" : "refused");
        return login;
      },
    },
  }));
  logins.length = 0;
  await retire(stage);
  expect(logins.slice(logins.indexOf("refused"))).toEqual(["refused", "in"]);
});

test("where a server takes it nevertheless, nothing is published, and the next try proves it", async () => {
  let isLate = true;
  const stage = await rotated("dual-password", (engine) => ({
    engine: {
      ...engine,
      async login(target, credential, call) {
        const isReplaced = credential.password.equals(new SecretValue("old-password"));
        if (!isLate || !isReplaced) return engine.login(target, credential, call);
        return { ok: true, session: { [Symbol.asyncDispose]: async () => undefined } };
      },
    },
  }));
  await expect(retire(stage)).rejects.toMatchObject({
    code: "replaced-still-logs-in",
    context: { user: "app", host: "db" },
  });
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
