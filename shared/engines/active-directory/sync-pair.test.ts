import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { people, sambaDomain } from "../../../tests/support/active-directory.ts";
import type { UserPair } from "../../ports/database-engine.ts";
import type { ActiveDirectorySession } from "./active-directory-engine.ts";
import { call, credential, one, root, startDomain, type TestDomain, type TestUser, two, zero } from "./test-domain.ts";

const pairOf = (first: string, alternate: string, isGranted = false): UserPair => ({ first, alternate, isGranted });

describe.skipIf(sambaDomain === undefined)("a pair of users", () => {
  let domain: TestDomain;
  let admin: ActiveDirectorySession;

  beforeAll(async () => {
    domain = await startDomain();
    admin = await domain.open(root);
  }, 60_000);
  afterAll(async () => {
    await admin[Symbol.asyncDispose]();
    await domain.directory.stop();
  });

  async function group(...members: readonly TestUser[]): Promise<string> {
    const cn = `g${randomUUID().slice(0, 8)}`;
    const dn = `CN=${cn},${people}`;
    await domain.directory.admin(async (client) =>
      client.add(dn, { objectClass: "group", sAMAccountName: cn, member: members.map((user) => user.dn) }),
    );
    return dn;
  }
  const refused = async (pair: UserPair, next = pair.alternate): Promise<unknown> => {
    const change = { method: "syncPair", pair, next: credential(next, one) } as const;
    const foretold: unknown = await admin.rehearse(change, call).catch((error: unknown) => error);
    const error: unknown = await admin.syncPair(pair, credential(next, one), call).catch((reason: unknown) => reason);
    expect(foretold).toMatchObject({ code: Reflect.get(Object(error), "code") });
    return error;
  };

  test("by principal names, the second user has one too, and what the first one loses it loses as well", async () => {
    const first = await domain.user({ userPrincipalName: `pair${randomUUID().slice(0, 6)}@other.example.com` });
    const [name = ""] = await domain.valuesOf(first.dn, "userPrincipalName");
    const alternate = name.replace("@", "_clone@");
    const [kept, left] = [await group(first), await group(first)];
    const pair = pairOf(name, alternate);
    await admin.syncPair(pair, credential(alternate, one), call);
    expect(await domain.taken(alternate, one)).toEqual([true]);
    await domain.set(left, "member");
    await admin.syncPair(pair, credential(name, two), call);
    expect(await domain.taken(name, two)).toEqual([true]);
    const dn = `CN=${alternate.split("@")[0]},${people}`;
    expect([await domain.valuesOf(dn, "memberOf"), await domain.valuesOf(kept, "member")]).toEqual([
      [kept],
      expect.arrayContaining([first.dn, dn]),
    ]);
  });

  test("a user that rekey did not make is left alone, unless it is granted", async () => {
    const [first, other] = [await domain.user(), await domain.user()];
    expect(await refused(pairOf(first.ofDomain, other.ofDomain))).toMatchObject({ code: "user-collision" });
    expect(await domain.taken(other.dn, zero)).toEqual([true]);
    await admin.syncPair(pairOf(first.dn, other.dn, true), credential(other.dn, one), call);
    expect(await domain.taken(other.dn, one)).toEqual([true]);
  });

  test("the alternate of another user is not taken over", async () => {
    const [first, other] = [await domain.user(), await domain.user()];
    const clone = `${first.ofDomain}_clone`;
    await admin.syncPair(pairOf(first.ofDomain, clone), credential(clone, one), call);
    expect(await refused(pairOf(other.ofDomain, clone))).toMatchObject({ code: "user-collision" });
    expect(await domain.taken(clone, one)).toEqual([true]);
  });

  test("two names of one user are no pair, and who logged in must be one of the two", async () => {
    const [first, bystander] = [await domain.user(), await domain.user()];
    expect(await refused(pairOf(first.ofDomain, first.principal, true))).toMatchObject({ code: "user-collision" });
    await using own = await domain.open(credential(bystander.dn, zero));
    const pair = { ...pairOf(first.ofDomain, `${first.ofDomain}_clone`), own: await own.readOwnAccount(call) };
    expect(await refused(pair)).toMatchObject({ code: "account-unsupported" });
  });

  test("what stops the first user would stop the second: it is refused, and nothing is copied", async () => {
    const first = await domain.user();
    const clone = `${first.ofDomain}_clone`;
    const pair = pairOf(first.ofDomain, clone);
    await admin.syncPair(pair, credential(clone, one), call);
    await domain.set(first.dn, "userAccountControl", "514");
    expect(await refused(pair, first.ofDomain)).toMatchObject({ code: "user-collision" });
    await domain.set(first.dn, "userAccountControl", "512");
    await domain.set(first.dn, "accountExpires", "116444736000000000");
    expect(await refused(pair, first.ofDomain)).toMatchObject({ code: "credential-expired" });
    expect(await domain.taken(clone, one)).toEqual([true]);
  });

  test("an entry that would have to be made under a distinguished name is left to people", async () => {
    const first = await domain.user();
    expect(await refused(pairOf(first.dn, `CN=${first.account}_clone,${people}`))).toMatchObject({
      code: "user-collision",
    });
  });
});
