import { expect, onTestFinished, test } from "vitest";
import { activeDirectoryEngine } from "../../../shared/engines/active-directory/active-directory-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { loopbackTarget } from "../../support/loopback-target.ts";
import { changed, type Change, eachChange, endOf } from "../../support/mutated-conversation.ts";
import { endless } from "../../support/rogue-http.ts";
import { type LdapLie, type LdapRequest, message, result, startRogueLdap } from "../../support/rogue-ldap.ts";
import { asDomainController, domainEntry, searched } from "../../support/rogue-domain-controller.ts";

const misbehaved = endedWith("server-misbehaved");
async function stepAgainst(lie: Parameters<typeof startRogueLdap>[0] = asDomainController): Promise<StepEnd> {
  const { port, stop } = await startRogueLdap(lie);
  onTestFinished(stop);
  return hostileStep({ engine: "active-directory", port });
}

/** Lies to requests of this kind. */
const to =
  (wanted: LdapRequest, lie: (id: number) => LdapLie) =>
  (kind: LdapRequest, honest: Buffer, id: number): LdapLie =>
    kind === wanted ? lie(id) : asDomainController(kind, honest, id);

test("a server that does not lie is rotated, so that what follows is the lies' doing", async () => {
  expect(await stepAgainst()).toEqual(endedWith("done"));
});

test("one user more than a name can be told apart by is named, and further ones are refused", async () => {
  const three = (id: number): Buffer => searched(id, domainEntry(), domainEntry(), domainEntry());
  expect(await stepAgainst(to("search", three))).toEqual(misbehaved);
});

test("entries without an end are cut off", async () => {
  const many = Array.from({ length: 400 }, () => "x".repeat(1_000));
  expect(await stepAgainst(to("search", (id) => endless(message(id, domainEntry({ description: many })))))).toEqual(
    misbehaved,
  );
});

test.each([
  ["no domain controller", { supportedCapabilities: [] }, "engine-unsupported"],
  ["no name of its domain", { defaultNamingContext: [] }, "engine-unsupported"],
  ["a user without an id", { objectSid: [] }, "database-rights-missing"],
  ["an id of a byte", { objectSid: ["x"] }, "server-misbehaved"],
  ["flags that are no number", { userAccountControl: ["0x200"] }, "server-misbehaved"],
  ["a machine", { userAccountControl: ["4096"] }, "account-unsupported"],
  ["another user than the one that has logged in", { tokenGroups: ["S-as-bytes-0002"] }, "account-unsupported"],
])("%s is no user whose password is changed", async (_what, change, code) => {
  let modified = 0;
  const lie = (kind: LdapRequest, honest: Buffer, id: number): LdapLie => {
    if (kind === "modify") modified += 1;
    return kind === "search" ? searched(id, domainEntry(change)) : honest;
  };
  expect({ end: await stepAgainst(lie), modified }).toEqual({ end: endedWith(code), modified: 0 });
});

test("a read-only domain controller, which leads to another one, is not followed", async () => {
  expect(await stepAgainst(to("modify", (id) => message(id, result(0x67, 10))))).toEqual(
    endedWith("database-read-only"),
  );
});

test("an answer that came before its request does not confirm a change that was never made", async () => {
  const early = (id: number): Buffer => Buffer.concat([searched(id, domainEntry()), message(id + 1, result(0x67, 0))]);
  expect(await stepAgainst(to("search", early))).toEqual(misbehaved);
});

/** The server's side of a login, a look at itself and the user, and a change. */
const recorded = (["bind", "search", "search", "search", "modify"] as const).map((kind, index) =>
  asDomainController(kind, message(index + 2, result(kind === "bind" ? 0x61 : 0x67, 0)), index + 2),
);

async function converse(made: Change | undefined, deadlineMs: number): Promise<string> {
  const answers = changed(recorded, made);
  let asked = 0;
  await using server = await startRogueLdap(() => answers[asked++] ?? ((socket) => socket.end()));
  const call = { signal: AbortSignal.timeout(deadlineMs) };
  const credential = (password: string) => ({ username: "app@rekey.test", password: new SecretValue(password) });
  const target = loopbackTarget({ engine: "active-directory", port: server.port });
  return await endOf(
    activeDirectoryEngine().login(target, credential("canary-current-3f6a"), call),
    async (session) => {
      await session.readOwnAccount(call);
      await session.setPassword(credential("canary-next-3f6a"), call);
    },
  );
}

test("a recorded conversation, however it is changed, ends as a login's result or as rekey's own error", async () => {
  expect(await converse(undefined, 20_000)).toBe("done");
  await eachChange(recorded, async (made) => converse(made, 150));
});
