import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { HeldRevision } from "./held-revision.ts";
import { foreignKey, holdsOwn, type VersionDates, whoseKey } from "./key-owner.ts";
import { ownedBy, ownerIn, owns, recordLacks } from "./owner-record.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const arnOf = (name: string, suffix = "AbCdEf"): string =>
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-${suffix}`;
const secretOf = (secretArn: string) => ({ secretArn, secretName: "db/app", tags: new Map<string, string>() });
const secret = secretOf(arnOf("db/app"));
const ownerOf = (owner: string, sinceRevision = 1) => ({ owner, sinceRevision, versionId: undefined });
const digest = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const created = "2026-01-02T03:04:05.678Z";
const fieldsOf = (versionId: string, createdAt: string | undefined = created) => ({
  rekey_version_id: versionId,
  rekey_created_at: createdAt,
});
const held = (changes: Partial<HeldRevision> = {}): HeldRevision => ({
  revision: 3,
  fields: fieldsOf("v1"),
  isDeleted: false,
  owner: undefined,
  ...changes,
});
const entry = { ...secret, versionId: "v1", createdAt: new Date(created) };

test.each([
  ["its own, since it was written", "own", ownerOf(secret.secretArn, 3)],
  ["its own, but its revisions begin later", "vacated", ownerOf(secret.secretArn, 4)],
  ["a deleted secret's of the same name", "vacated", ownerOf(arnOf("db/app", "ZyXwVu"))],
  ["another name's", "foreign", ownerOf(arnOf("db/apq"))],
  ["another region's", "foreign", ownerOf(secret.secretArn.replace("eu-west-1", "us-east-1"))],
  ["an ARN's with a suffix that is too long", "foreign", ownerOf(`${secret.secretArn}7`)],
  ["an ARN's without a suffix", "foreign", ownerOf("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/app")],
  ["what only ends as this ARN does", "foreign", ownerOf("secret:db/app-AbCdEf")],
])("a key whose recorded owner is %s is %s", async (_what, whose, owner) => {
  expect(await whoseKey(held({ owner }), entry, undefined, call)).toBe(whose);
});

test("an ARN that is not whole inherits from none, so an invented one takes no key over", async () => {
  const invented = secretOf("arn:db/app-12345_");
  const owner = ownerOf("arn:db/app-AbCdEf");
  expect(await whoseKey(held({ owner }), invented, undefined, call)).toBe("foreign");
  const noSuffix = { owner: ownerOf(secret.secretArn) };
  expect(await whoseKey(held(noSuffix), secretOf(`${secret.secretArn.slice(0, -6)}AbC_Ef`), undefined, call)).toBe(
    "foreign",
  );
});

test("of two ARNs with suffixes that are too long, neither inherits from the other", async () => {
  const owner = ownerOf(`${secret.secretArn}7`);
  expect(await whoseKey(held({ owner }), secretOf(`${secret.secretArn}8`), undefined, call)).toBe("foreign");
});

test("a key that nobody ever wrote is nobody's", async () => {
  expect(await whoseKey(held({ revision: 0, fields: undefined }), entry, undefined, call)).toBe("nobody");
});

test("a key without an owner is the secret's where the version that it holds was made in that very millisecond", async () => {
  const later = { ...entry, createdAt: new Date(Date.parse(created) + 1) };
  expect(await whoseKey(held(), entry, undefined, call)).toBe("unrecorded");
  expect(await whoseKey(held(), later, undefined, call)).toBe("foreign");
});

test("of another version than the given one the store is asked, and only then", async () => {
  const asked: string[] = [];
  const dates: VersionDates = async (...[secretArn, versionId]) => {
    asked.push(`${secretArn} ${versionId}`);
    return versionId === "v0" ? new Date(created) : undefined;
  };
  expect(await whoseKey(held({ fields: fieldsOf("v1") }), entry, dates, call)).toBe("unrecorded");
  expect(asked).toEqual([]);
  expect(await whoseKey(held({ fields: fieldsOf("v0") }), entry, dates, call)).toBe("unrecorded");
  expect(await whoseKey(held({ fields: fieldsOf("v9") }), secret, dates, call)).toBe("foreign");
  expect(asked).toEqual([`${secret.secretArn} v0`, `${secret.secretArn} v9`]);
  expect(await whoseKey(held({ fields: fieldsOf("v0") }), entry, undefined, call)).toBe("foreign");
});

test.each([
  ["no fields", undefined],
  ["no version", { rekey_created_at: created }],
  ["no time", { rekey_version_id: "v1" }],
  ["fields of somebody else", { password: "x" }],
])("a key without an owner that holds %s is foreign, and the store is not asked", async (_what, fields) => {
  const dates: VersionDates = async () => expect.unreachable("the store was asked");
  expect(await whoseKey(held({ fields }), entry, dates, call)).toBe("foreign");
  expect(await whoseKey(held({ fields }), { ...secret, createdAt: new Date(created) }, dates, call)).toBe("foreign");
});

test("only own and unrecorded keys hold what is the secret's", () => {
  const whose = ["nobody", "own", "unrecorded", "vacated", "foreign"] as const;
  expect(whose.filter(holdsOwn)).toEqual(["own", "unrecorded"]);
});

test.each([
  ["all three marks", { rekey_secret_arn: "arn", rekey_since_revision: "7", rekey_version_id: "v1" }, 7, "v1"],
  ["no beginning", { rekey_secret_arn: "arn" }, 1, undefined],
  ["a beginning that is no whole number", { rekey_secret_arn: "arn", rekey_since_revision: "2.5" }, 1, undefined],
  ["a version that is no text", { rekey_secret_arn: "arn", rekey_version_id: 5 }, 1, undefined],
])("custom metadata with %s names an owner", (_what, metadata, sinceRevision, versionId) => {
  expect(ownerIn(metadata)).toEqual({ owner: "arn", sinceRevision, versionId });
});

test.each([undefined, null, {}, { rekey_secret_arn: 7 }, { owner: "arn" }])(
  "custom metadata that is %j names no owner",
  (metadata) => {
    expect(ownerIn(metadata)).toBeUndefined();
  },
);

test("an ARN of up to 512 bytes is recorded as it is; in a longer one its digest stands for the name", () => {
  const room = 512 - arnOf("").length;
  const [fits, long] = ["a".repeat(room), "a".repeat(room + 1)];
  expect(ownedBy(secretOf(arnOf(fits)), 4)).toEqual({ rekey_secret_arn: arnOf(fits), rekey_since_revision: "4" });
  const recorded = arnOf(digest(long));
  expect(ownedBy(secretOf(arnOf(long)), 4)).toEqual({ rekey_secret_arn: recorded, rekey_since_revision: "4" });
  expect(owns(secretOf(arnOf(long)), ownerOf(recorded))).toBe(true);
  expect(owns(secretOf(arnOf(long)), ownerOf(arnOf(long)))).toBe(false);
  expect(owns(secretOf(arnOf(long)), undefined)).toBe(false);
});

test("in a long name nothing but the name gives way to the digest, even where it ends like a suffix", () => {
  const name = `${"a".repeat(500)}:secret:b-AbCdEf`;
  expect(ownedBy(secretOf(arnOf(name)), 1)["rekey_secret_arn"]).toBe(arnOf(digest(name)));
});

test("a key without an owner lacks the owner and the version; one with its owner the version, until it is the same", () => {
  const owner = { ...ownerOf(secret.secretArn), versionId: "v1" };
  const version = { rekey_version_id: "v1" };
  expect(recordLacks(secret, held())).toEqual({ ...ownedBy(secret, 3), ...version });
  expect(recordLacks(secret, held({ fields: {} }))).toEqual(ownedBy(secret, 3));
  expect(recordLacks(secret, held({ owner: ownerOf(secret.secretArn) }))).toEqual(version);
  expect(recordLacks(secret, held({ owner }))).toEqual({});
  expect(recordLacks(secret, held({ owner, fields: undefined }))).toEqual({});
});

test.each([
  ["a", "a"],
  ["~ !", "~ !"],
  ["v".repeat(64), "v".repeat(64)],
  ["v".repeat(65), digest("v".repeat(65))],
  ["", digest("")],
  ["é", digest("é")],
  ["v1\n", digest("v1\n")],
  ["\u001b[2J", digest("\u001b[2J")],
])("the VersionId %j is recorded as %s", (versionId, text) => {
  expect(recordLacks(secret, held({ owner: ownerOf("arn"), fields: fieldsOf(versionId) }))).toEqual({
    rekey_version_id: text,
  });
});

test("the error for another's key says whose it is, where that is recorded", () => {
  const context = { secret: secret.secretArn, path: "secret/data/app" };
  expect(foreignKey(secret, "secret/data/app", ownerOf("arn"))).toMatchObject({
    code: "mirror-foreign",
    context: { ...context, owner: "arn" },
  });
  expect(foreignKey(secret, "secret/data/app", undefined).context).toEqual(context);
});
