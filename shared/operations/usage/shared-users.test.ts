import { expect, test } from "vitest";
import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { sharedUsers } from "./shared-users.ts";

const call = { signal: new AbortController().signal };
const user = (username: string, more: object = {}): string =>
  JSON.stringify({ engine: "postgres", host: "db", port: 5432, username, password: "canary", ...more });

const compare = async (texts: Readonly<Record<string, string | undefined>>) =>
  sharedUsers(
    {
      async read(secretId) {
        const text = texts[secretId];
        if (text === undefined) return undefined;
        if (!text.startsWith("{")) throw new RekeyError(text as ErrorCode);
        return { versionId: "v", value: new SecretValue(text), createdAt: new Date(0) };
      },
    },
    Object.keys(texts),
    call,
  );

test("secrets of one user are found, also as one of a pair, and those of other servers and ports are not", async () => {
  const found = await compare({
    one: user("app"),
    pair: user("app_clone", { alternateusers: ["app", "app_clone"] }),
    port: user("app", { port: 5433 }),
    host: user("app", { host: "other" }),
  });
  expect(found).toEqual({
    sharedWith: new Map([
      ["one", ["pair"]],
      ["pair", ["one"]],
    ]),
    skipped: [],
  });
  expect(JSON.stringify([...found.sharedWith])).not.toContain("canary");
});

test("what cannot be read, or holds no user, is told and stops nothing; the end of the time does", async () => {
  const texts = { empty: undefined, denied: "access-denied", form: "{}", one: user("app"), two: user("app") } as const;
  const { sharedWith, skipped } = await compare(texts);
  expect([[...sharedWith.keys()], skipped]).toEqual([
    ["one", "two"],
    ["empty", "denied", "form"],
  ]);
  await expect(compare({ late: "time-budget-spent" })).rejects.toMatchObject({ code: "time-budget-spent" });
});
