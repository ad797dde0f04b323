import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { iamRotation } from "../../../tests/support/iam-rotation.ts";
import { rekeyFailure } from "../../../tests/support/rekey-failure.ts";
import { smtpPassword } from "./smtp-password.ts";

describe("a rotation", () => {
  test("makes a key next to the current one, and both sign", async () => {
    const { rotation, ids, idOf, works } = iamRotation();
    await rotation.rotate("v1");
    expect(ids()).toEqual([idOf("AWSPREVIOUS"), idOf("AWSCURRENT")]);
    expect([works("AWSPREVIOUS"), works("AWSCURRENT")]).toEqual([true, true]);
  });

  test("ends the key before once it was not used for hours, three times in a row, and keeps the user's other tags", async () => {
    const { iam, rotation, ids, idOf, works, pass } = iamRotation();
    await iam.tag("mailer", { team: "mail" }, { signal: AbortSignal.timeout(1_000) });
    for (const version of ["v1", "v2", "v3"]) {
      await rotation.rotate(version);
      expect(ids()).toEqual([idOf("AWSPREVIOUS"), idOf("AWSCURRENT")]);
      expect([works("AWSPREVIOUS"), works("AWSCURRENT")]).toEqual([true, true]);
      pass(5);
    }
    expect(iam.tags.get("mailer")?.get("team")).toBe("mail");
  });

  test("waits while the key before is still used, with what uses it, and goes on once it is not", async () => {
    const { iam, rotation, ids, idOf, pass } = iamRotation();
    await rotation.rotate("v1");
    const before = rotation.stored("AWSPREVIOUS");
    pass(48);
    iam.use(before.username, before.password.reveal(), "ses");
    pass(3);
    const error = await rekeyFailure(rotation.rotate("v2"));
    expect(error).toMatchObject({
      code: "grace-not-over",
      retryAfterMs: 3_600_000,
      context: { user: "mailer", key: before.username, service: "ses" },
    });
    expect(ids()).toEqual([before.username, idOf("AWSCURRENT")]);
    pass(2);
    await rotation.rotate("v2");
    expect(ids()).not.toContain(before.username);
  });

  test("takes a use that is not known for one in the moment in which the key was replaced", async () => {
    const { rotation, idOf, pass, ids } = iamRotation();
    pass(1_000);
    await rotation.rotate("v1");
    pass(3);
    expect(await rekeyFailure(rotation.rotate("v2"))).toMatchObject({ code: "grace-not-over" });
    pass(2);
    const [replaced] = ids();
    await rotation.rotate("v2");
    expect([ids().includes(replaced ?? ""), ids().length, idOf("AWSCURRENT")]).toEqual([false, 2, ids()[1]]);
  });

  test("with a grace period deactivates the key before when it is over, and the next one deletes it", async () => {
    const { iam, rotation, ids, works, pass } = iamRotation({ tags: { "rekey:grace": "0m" } });
    await rotation.rotate("v1");
    expect(await rekeyFailure(rotation.run("retirePrevious", "v1"))).toMatchObject({ code: "grace-not-over" });
    expect(works("AWSPREVIOUS")).toBe(true);
    pass(5);
    for (let repetition = 0; repetition < 2; repetition++) {
      expect(await rotation.run("retirePrevious", "v1")).toBe("done");
      expect([works("AWSPREVIOUS"), works("AWSCURRENT"), ids().length]).toEqual([false, true, 2]);
    }
    const { username } = rotation.stored("AWSPREVIOUS");
    await rotation.rotate("v2");
    expect(iam.all.has(username)).toBe(false);
  });

  test("stores the SMTP password that follows from the new key, and edits nothing else of the secret's text", async () => {
    const { rotation } = iamRotation({ fields: { SmtpRegion: "eu-west-1", SmtpPassword: "old", note: "kept" } });
    await rotation.rotate("v1");
    const { username, password } = rotation.stored("AWSCURRENT");
    expect(JSON.parse(rotation.store.labelled("AWSCURRENT")?.value.reveal() ?? "{}")).toEqual({
      UserName: "mailer",
      AccessKeyId: username,
      SecretAccessKey: password.reveal(),
      SmtpRegion: "eu-west-1",
      SmtpPassword: smtpPassword(password, "eu-west-1").reveal(),
      note: "kept",
    });
  });

  test("of a secret whose SMTP password could not be made makes no key", async () => {
    const { rotation, ids } = iamRotation({ fields: { SmtpPassword: "old" } });
    expect(await rekeyFailure(rotation.rotate("v1"))).toMatchObject({ code: "secret-malformed" });
    expect(ids()).toHaveLength(1);
  });

  test("repairs a secret whose key somebody deleted, where the user has room for another", async () => {
    const { iam, rotation, ids, idOf, works } = iamRotation();
    const [first = ""] = ids();
    await iam.remove("mailer", first, { signal: AbortSignal.timeout(1_000) });
    await rotation.rotate("v1");
    expect([ids(), works("AWSCURRENT")]).toEqual([[idOf("AWSCURRENT")], true]);
  });
});

describe("a new key", () => {
  test("that is refused for seconds is waited for, longer each time", async () => {
    const { iam, rotation, works, pauses } = iamRotation();
    iam.hideNewKeysFor(3);
    await rotation.rotate("v1");
    expect([works("AWSCURRENT"), pauses]).toEqual([true, [500, 1_000, 2_000]]);
  });

  test("that is refused for longer ends the step, which goes on when it is repeated", async () => {
    const { iam, rotation, idOf, works, ids } = iamRotation();
    iam.hideNewKeysFor(8);
    expect(await rekeyFailure(rotation.rotate("v1"))).toMatchObject({ code: "database-busy", disposition: "retry" });
    const pending = idOf("AWSPENDING");
    await rotation.rotate("v1");
    expect([idOf("AWSCURRENT"), works("AWSCURRENT"), ids().length]).toEqual([pending, true, 2]);
  });

  test("that somebody deactivates before it is tested ends the step with what to do, and goes on once it is active", async () => {
    const { iam, rotation, idOf, works } = iamRotation();
    rotation.store.beginRotation("v1");
    await rotation.run("createSecret", "v1");
    const pending = iam.all.get(idOf("AWSPENDING"));
    await iam.deactivate("mailer", pending?.id ?? "", { signal: AbortSignal.timeout(1_000) });
    const error = await rekeyFailure(rotation.run("testSecret", "v1"));
    expect(error).toMatchObject({ code: "credential-refused", hint: expect.stringContaining("--status Active") });
    expect(inspect(error, { depth: 9 })).not.toContain("canary");
    expect(works("AWSCURRENT")).toBe(true);
    Object.assign(pending ?? {}, { isActive: true });
    await rotation.rotate("v1");
    expect([idOf("AWSCURRENT"), works("AWSCURRENT")]).toEqual([pending?.id, true]);
  });

  test("that somebody deletes before it is tested is rolled back, and the next rotation has a key again", async () => {
    const { iam, rotation, ids, idOf, works } = iamRotation();
    rotation.store.beginRotation("v1");
    await rotation.run("createSecret", "v1");
    await iam.remove("mailer", idOf("AWSPENDING"), { signal: AbortSignal.timeout(1_000) });
    expect(await rekeyFailure(rotation.run("testSecret", "v1"))).toMatchObject({ code: "credential-refused" });
    expect([rotation.store.versionIdOf("AWSPENDING"), works("AWSCURRENT")]).toEqual([undefined, true]);
    await rotation.rotate("v2");
    expect([ids(), works("AWSCURRENT")]).toEqual([[idOf("AWSPREVIOUS"), idOf("AWSCURRENT")], true]);
  });
});
