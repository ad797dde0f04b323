import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { Document } from "mongodb";
import { strategiesOn } from "../../functions/rotate-mongodb/rotation.ts";
import { oldestVersions } from "../../shared/engines/mongodb/product.ts";
import type { EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { ferretDb } from "../support/ferretdb.ts";
import { ferretDbFixture } from "../support/ferretdb-fixture.ts";
import { answerOf, type MongodbRequest, startRogueMongodb } from "../support/rogue-mongodb.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldCase, type Seen, startFieldStage } from "./field-stage.ts";

printFieldCases();

const fixture = ferretDbFixture(ferretDb ?? "");
const single = { strategy: "single-user" } as const;

/** What a server of MongoDB says that FerretDB cannot be brought to: its protocol, with these answers in place of the usual. */
async function onAnswers(
  answers: (command: Document, user: string) => Document | undefined,
  one: Partial<FieldCase> = {},
): Promise<Seen> {
  let password = "canary-current-3f6a";
  const users = new WeakMap<Socket, string>();
  const rogue = await startRogueMongodb({
    password: () => password,
    lie({ command, requestId, index }: MongodbRequest, honest, socket) {
      const first = command["speculativeAuthenticate"]?.payload;
      if (first !== undefined) users.set(socket, /n=([^,]*)/.exec(Buffer.from(first.buffer).toString())?.[1] ?? "");
      const answer = answers(command, users.get(socket) ?? "");
      if ("updateUser" in command && answer?.["ok"] === 1) password = String(command["pwd"]);
      return answer === undefined ? honest : answerOf(answer, requestId, index === 0);
    },
  });
  const server: EngineServer = {
    host: "127.0.0.1",
    port: rogue.port,
    fields: { engine: "mongodb", ssl: false },
    admin: { username: "root", password },
    createUser: async () => ({ username: "app", password }),
    changePassword: async () => undefined,
    accepts: async (account) => account.password === password,
    logs: async () => "",
    failedLogins: async () => 0,
    hardships: {},
    stop: rogue.stop,
  };
  const field = await startFieldStage(fixture, server, strategiesOn);
  const seen = await field.rotate({ ...single, ...one });
  await field.stop();
  await rogue.stop();
  return seen;
}

const failure = (code: number): Document => ({ ok: 0, code, codeName: "x", errmsg: "canary" });
const privileges = (user: string, ...actions: readonly string[]): Document => ({
  ok: 1,
  authInfo: {
    authenticatedUsers: [{ user, db: "admin" }],
    authenticatedUserPrivileges: [{ resource: { db: "admin", collection: "" }, actions }],
  },
});

describe("servers that say what FerretDB does not", () => {
  test(
    "a user without changeOwnPassword is told of that action",
    fieldCase("one number, several causes", async () => {
      const seen = await onAnswers((command, user) => {
        if ("updateUser" in command) return failure(13);
        return "connectionStatus" in command ? privileges(user, "find") : undefined;
      });
      expect(seen).toMatchObject({ foretold: ["database-rights-missing"], codes: ["database-rights-missing"] });
      expect(seen.hints[0]).toContain("changeOwnPassword");
    }),
  );

  test(
    "a user without changeOwnPassword is changed by its admin",
    fieldCase("the session of the user's settings", async () => {
      const changedBy: string[] = [];
      const seen = await onAnswers(
        (command, user) => {
          if ("connectionStatus" in command) return privileges(user, user === "root" ? "changePassword" : "find");
          if (!("updateUser" in command)) return undefined;
          if (user === "app") return failure(13);
          changedBy.push(user);
          return { ok: 1 };
        },
        { usesAdmin: true },
      );
      expect(seen.foretold).toEqual([]);
      expect(changedBy).toContain("root");
    }),
  );

  test.each([
    [10_107, { isWritablePrimary: false, secondary: true }],
    [13_435, { isWritablePrimary: false, ismaster: false }],
  ])("a secondary (%d) is read-only before and in the step", async (code, hello) =>
    fieldCase("one number, several causes", async () => {
      const seen = await onAnswers((command) => {
        if ("updateUser" in command) return failure(code);
        if ("connectionStatus" in command) return privileges("app", "changeOwnPassword");
        return "hello" in command ? { ok: 1, ...hello } : undefined;
      });
      expect(seen).toMatchObject({ foretold: ["database-read-only"], codes: ["database-read-only"] });
    })(),
  );

  test(
    "a user whose password is kept elsewhere is refused by its mechanism",
    fieldCase("an account rewritten", async () => {
      const seen = await onAnswers((command) =>
        "usersInfo" in command
          ? { ok: 1, users: [{ user: "app", db: "admin", mechanisms: ["external"] }] }
          : "connectionStatus" in command
            ? privileges("app", "changeOwnPassword")
            : undefined,
      );
      expect(seen).toMatchObject({ foretold: ["account-unsupported"], codes: ["account-unsupported"] });
    }),
  );

  test.each([
    ["DocumentDB 3.6", 6],
    ["DocumentDB 4.0", 7],
    ["MongoDB 4.2", 8],
  ])("%s is server-too-old, before and in the step", async (_server, maxWireVersion) =>
    fieldCase("one number, several causes", async () => {
      const seen = await onAnswers((command) =>
        "ismaster" in command ? { ok: 1, ismaster: true, minWireVersion: 0, maxWireVersion } : undefined,
      );
      expect(seen).toMatchObject({ foretold: ["server-too-old"], codes: ["server-too-old"] });
      expect(seen.hints[0]).toContain(`MongoDB ${oldestVersions.MongoDB} and DocumentDB ${oldestVersions.DocumentDB}`);
    })(),
  );

  test(
    "a pair whose admin may not give the first one's roles is foretold, by database",
    fieldCase("doctor does not see it", async () => {
      const seen = await onAnswers(
        (command, user) => {
          if ("createUser" in command) return failure(13);
          if ("usersInfo" in command) {
            const asked = command["usersInfo"].map((one: { readonly user: string }) => one.user);
            const app = { user: "app", db: "admin", roles: [{ role: "readWrite", db: "shop" }] };
            return { ok: 1, users: asked.includes("app") ? [app] : [] };
          }
          return "connectionStatus" in command
            ? privileges(user, "createUser", "viewUser", "changePassword", "grantRole")
            : undefined;
        },
        { strategy: "alternating-users", usesAdmin: true },
      );
      expect(seen).toMatchObject({ foretold: ["database-rights-missing"], codes: ["database-rights-missing"] });
      expect(seen.hints[0]).toContain("grantRole");
    }),
  );
});
