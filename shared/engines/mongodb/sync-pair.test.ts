import { describe, expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { mongodbSession } from "./mongodb-engine.ts";
import { scripted } from "./test-connection.ts";

const call = { signal: new AbortController().signal };
const pair = { first: "app", alternate: "app_clone", isGranted: false };
const as = (username: string) => ({ username, password: new SecretValue("next") });
const durably = { writeConcern: { w: "majority", wtimeout: 5_000 } };
const reader = { role: "read", db: "shop" };
const writer = { role: "readWrite", db: "shop" };
const marked = { customData: { rekeyAlternateOf: "app" } };

const sync = async (answers: readonly (object | number)[], next = as("app_clone"), which = pair) => {
  const script = scripted(answers);
  const session = mongodbSession(script.connection, "shop");
  const outcome = await session.syncPair(which, next, call).then(
    () => "done",
    (error: unknown) => error,
  );
  return { ...script, outcome };
};

describe("the alternate user", () => {
  test("is made with the first one's roles, restrictions and mechanisms, and the mark of the pair", async () => {
    const restrictions = [{ clientSource: ["10.0.0.0/8"] }];
    const first = {
      user: "app",
      roles: [writer, reader],
      mechanisms: ["SCRAM-SHA-256"],
      authenticationRestrictions: restrictions,
    };
    const { commands, databases, outcome } = await sync([{ users: [first] }, { ok: 1 }]);
    expect(outcome).toBe("done");
    expect(databases).toEqual(["shop", "shop"]);
    expect(commands).toEqual([
      {
        usersInfo: [
          { user: "app", db: "shop" },
          { user: "app_clone", db: "shop" },
        ],
        showAuthenticationRestrictions: true,
      },
      {
        createUser: "app_clone",
        pwd: "next",
        roles: [reader, writer],
        authenticationRestrictions: restrictions,
        ...marked,
        mechanisms: ["SCRAM-SHA-256"],
        ...durably,
      },
    ]);
  });

  test("gets exactly the first one's roles in the command that sets its password: what was revoked is gone", async () => {
    const users = [
      { user: "app", roles: [reader] },
      { user: "app_clone", roles: [writer, reader], ...marked },
    ];
    const { commands } = await sync([{ users }, { ok: 1 }]);
    expect(commands[1]).toEqual({ updateUser: "app_clone", pwd: "next", roles: [reader], ...durably });
  });

  test("that has the same roles in another order is given no role, which would need the right to grant", async () => {
    const users = [
      { user: "app_clone", roles: [writer, reader], ...marked },
      { user: "app", roles: [reader, writer] },
    ];
    const { commands } = await sync([{ users }, { ok: 1 }]);
    expect(commands[1]).toEqual({ updateUser: "app_clone", pwd: "next", ...durably });
  });

  test("loses a revoked role also while the first one's password is set", async () => {
    const users = [
      { user: "app", roles: [], mechanisms: ["SCRAM-SHA-1"] },
      { user: "app_clone", roles: [writer], ...marked },
    ];
    const { commands } = await sync([{ users }, { ok: 1 }, { ok: 1 }], as("app"));
    expect(commands.slice(1)).toEqual([
      { updateUser: "app_clone", roles: [], ...durably },
      { updateUser: "app", pwd: "next", mechanisms: ["SCRAM-SHA-1"], ...durably },
    ]);
  });

  test("that another invocation made in between is brought in step instead", async () => {
    const first = { user: "app", roles: [] };
    const answers = [{ users: [first] }, 51_003, { users: [first, { user: "app_clone", roles: [], ...marked }] }, {}];
    const { commands, outcome } = await sync(answers);
    expect(outcome).toBe("done");
    expect(commands[3]).toEqual({ updateUser: "app_clone", pwd: "next", ...durably });
  });

  test("has the first one's mechanisms, whichever it had itself", async () => {
    const users = [
      { user: "app", mechanisms: ["SCRAM-SHA-1"] },
      { user: "app_clone", mechanisms: ["SCRAM-SHA-256"], ...marked },
    ];
    const { commands } = await sync([{ users }, { ok: 1 }]);
    expect(commands[1]).toMatchObject({ updateUser: "app_clone", mechanisms: ["SCRAM-SHA-1"] });
  });

  test("is made with the first one's customData beside the mark, and follows it", async () => {
    const first = { user: "app", roles: [], customData: { team: "a", limits: { mb: 5 } } };
    const made = await sync([{ users: [first] }, { ok: 1 }]);
    const customData = { team: "a", limits: { mb: 5 }, rekeyAlternateOf: "app" };
    expect(made.commands[1]).toMatchObject({ createUser: "app_clone", customData });
    const same = await sync([{ users: [first, { user: "app_clone", roles: [], customData }] }, { ok: 1 }]);
    expect(same.commands[1]).toEqual({ updateUser: "app_clone", pwd: "next", ...durably });
    const stale = { user: "app_clone", roles: [], customData: { team: "b", ...marked.customData } };
    const followed = await sync([{ users: [first, stale] }, { ok: 1 }]);
    expect(followed.commands[1]).toMatchObject({ customData });
  });

  test("that a human named gets the first one's customData where it has none", async () => {
    const users = [{ user: "app", customData: { team: "a" } }, { user: "app_clone" }];
    const { commands } = await sync([{ users }, {}], as("app_clone"), { ...pair, isGranted: true });
    expect(commands[1]).toMatchObject({ customData: { team: "a" } });
  });

  test("has the first one's restrictions as the commands take them, however the server shows them", async () => {
    const restrictions = [{ clientSource: ["10.0.0.0/8"] }];
    const users = [
      { user: "app", authenticationRestrictions: [restrictions] },
      { user: "app_clone", authenticationRestrictions: [], ...marked },
    ];
    const { commands } = await sync([{ users }, {}]);
    expect(commands[1]).toMatchObject({ authenticationRestrictions: restrictions });
  });

  test("that a human named is taken into the pair and keeps its own customData", async () => {
    const users = [
      { user: "app", roles: [reader] },
      { user: "app_clone", roles: [], customData: { team: "a" } },
    ];
    const { commands } = await sync([{ users }, {}], as("app_clone"), { ...pair, isGranted: true });
    expect(commands[1]).toEqual({ updateUser: "app_clone", pwd: "next", roles: [reader], ...durably });
  });
});

test.each([
  ["a user of that name that rekey did not make", [{ user: "app" }, { user: "app_clone" }], "app_clone"],
  [
    "a user that is somebody else's alternate",
    [{ user: "app" }, { user: "app_clone", customData: { rekeyAlternateOf: "other" } }],
    "app_clone",
  ],
  ["a first user that is not there", [], "app_clone"],
  ["an alternate user that is not there when it is the first one's turn", [{ user: "app" }], "app"],
])("%s is user-collision, and nothing is changed", async (_what, users, next) => {
  const { commands, outcome } = await sync([{ users }], as(next));
  expect(outcome).toMatchObject({ code: "user-collision" });
  expect(commands).toHaveLength(1);
});

test.each([
  ["customData", [{ customData: { team: "a" } }, { customData: { team: "b" } }]],
  ["mechanisms", [{ mechanisms: ["external"] }, {}]],
  ["quota", [{ quota: { mb: 5 } }, {}]],
] as const)(
  "a pair that cannot be made equal in %s is refused by that name, and nothing is changed",
  async (property, of) => {
    const users = [
      { user: "app", ...of[0] },
      { user: "app_clone", ...of[1] },
    ];
    const { commands, outcome } = await sync([{ users }], as("app_clone"), { ...pair, isGranted: true });
    expect(outcome).toMatchObject({ code: "account-unsupported", context: { property } });
    expect(commands).toHaveLength(1);
  },
);

test.each([9, 115, 238, 303, 40415])(
  "a server that does not know restrictions (%d) is asked without them",
  async (code) => {
    const { commands, outcome } = await sync([code, { users: [{ user: "app" }] }, {}]);
    expect(outcome).toBe("done");
    expect(Object.keys(commands[1] ?? {})).toEqual(["usersInfo"]);
  },
);

describe("a password change", () => {
  const change = async (answers: readonly (object | number)[]) => {
    const script = scripted(answers);
    await mongodbSession(script.connection, "shop").setPassword(as("app"), call);
    return script.commands;
  };

  test("keeps the mechanisms that the user has", async () => {
    const [, update] = await change([{ users: [{ user: "app", mechanisms: ["SCRAM-SHA-256"] }] }, {}]);
    expect(update).toEqual({ updateUser: "app", pwd: "next", mechanisms: ["SCRAM-SHA-256"], ...durably });
  });

  test("of a user that may not read about itself keeps the mechanisms that the server tells every client", async () => {
    const [, hello, update] = await change([13, { saslSupportedMechs: ["SCRAM-SHA-1"] }, {}]);
    expect(hello).toEqual({ hello: 1, saslSupportedMechs: "shop.app" });
    expect(update).toEqual({ updateUser: "app", pwd: "next", mechanisms: ["SCRAM-SHA-1"], ...durably });
  });

  test("is made all the same where the server says nothing of mechanisms, or does not take them", async () => {
    const [, , update] = await change([13, 59, {}]);
    expect(update).toEqual({ updateUser: "app", pwd: "next", ...durably });
    const users = [{ user: "app", mechanisms: ["SCRAM-SHA-1"] }];
    const [, , plain] = await change([{ users }, 303, {}]);
    expect(plain).toEqual({ updateUser: "app", pwd: "next", ...durably });
  });

  test.each([
    ["account-unsupported", [{ users: [{ user: "app", mechanisms: ["external"] }] }]],
    ["credential-refused", [{ users: [] }]],
  ])("is %s before anything is changed", async (code, answers) => {
    await expect(change(answers)).rejects.toMatchObject({ code });
  });
});
