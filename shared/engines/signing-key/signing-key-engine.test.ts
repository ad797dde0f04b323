import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { emptyTarget, kidsIn, ringAt, signerOf, signingKeyStage } from "../../../tests/support/signing-key-stage.ts";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type Gate, recording } from "../../testing/gated.ts";

const dayMs = 86_400_000;
const call = { signal: new AbortController().signal };

test("a secret is rotated from no key on; its other members stay, and jwks is what verifiers may have", async () => {
  const stage = signingKeyStage({}, { audience: "api", big: 12_345_678_901 });
  await stage.rotate("v1");
  await stage.rotate("v2");
  const fields = JSON.parse(stage.store.labelled("AWSCURRENT")?.value.reveal() ?? "{}") as Record<string, unknown>;
  expect(fields).toMatchObject({ host: "auth.example.com", audience: "api", username: signerOf(ringAt(stage)) });
  expect(fields["jwks"]).toMatchObject({ keys: kidsIn(ringAt(stage)).map((kid) => ({ kid, use: "sig" })) });
  expect(JSON.stringify(fields["jwks"])).not.toContain('"d"');
});

test("a healthy rotation makes nine calls to Secrets Manager, two of them writes", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  const calls: string[] = [];
  stage.clock.nowMs += dayMs;
  stage.store.beginRotation("v2");
  await stage.run("v2", stage.container(recording(calls)));
  expect(calls.filter((name) => !["issue", "login", "publish"].includes(name))).toHaveLength(9);
  expect(calls.filter((name) => ["putPending", "promote"].includes(name))).toHaveLength(2);
});

test("createSecret that is repeated makes no second key, also from another container", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  stage.clock.nowMs += dayMs;
  stage.store.beginRotation("v2");
  await stage.container()("createSecret", "v2");
  const made = stage.store.labelled("AWSPENDING")?.value;
  for (const _repetition of [1, 2]) await expect(stage.container()("createSecret", "v2")).resolves.toBe("already-done");
  expect(stage.store.labelled("AWSPENDING")?.value).toBe(made);
});

test("killed at each await, before or after its effect, a rotation converges, and adjacent versions verify each other", async () => {
  let points = 0;
  let healthy = 0;
  for (const after of [false, true]) {
    for (let killAt = 0; ; killAt++) {
      const stage = signingKeyStage();
      await stage.rotate("v1");
      const before = ringAt(stage);
      stage.clock.nowMs += dayMs;
      stage.store.beginRotation("v2");
      let calls = 0;
      const mortal: Gate = async (_operation, work) => {
        const dies = calls++ === killAt;
        if (dies && !after) throw new Error("killed");
        const result = await work();
        if (dies) throw new Error("killed");
        return result;
      };
      const died = await stage.run("v2", stage.container(mortal)).then(
        () => false,
        () => true,
      );
      if (!died) {
        healthy = calls;
        break;
      }
      points++;
      await stage.run("v2");
      const now = ringAt(stage);
      expect(stage.store.versionIdOf("AWSCURRENT")).toBe("v2");
      expect(signerOf(now)).toBe(before.keys[1]?.key.kid);
      expect(kidsIn(now)).toContain(signerOf(before));
      expect(kidsIn(before)).toContain(signerOf(now));
      expect(stage.publisher.events).toContainEqual(
        expect.objectContaining({ type: "Secret Rotated", versionId: "v2" }),
      );
    }
  }
  expect([points, healthy]).toEqual([2 * healthy, 12]);
});

test("a rotation that promoted and was never seen to end is followed by one that publishes again, and then by one that moves on", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  const endedAt = stage.clock.lastRotatedAt;
  await stage.rotate("v2");
  stage.clock.lastRotatedAt = endedAt;
  const unseen = ringAt(stage);
  await stage.rotate("v3");
  expect(kidsIn(ringAt(stage))).toEqual(kidsIn(unseen));
  await stage.rotate("v4");
  expect(signerOf(ringAt(stage))).toBe(unseen.keys[1]?.key.kid);
});

test("a rotation that comes too soon says when, and changes nothing", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  const before = stage.store.labelled("AWSCURRENT")?.value;
  stage.store.beginRotation("v2");
  await expect(stage.container()("createSecret", "v2")).rejects.toMatchObject({
    code: "rotation-too-soon",
    retryAfterMs: 7_200_000,
  });
  expect([stage.store.labelled("AWSCURRENT")?.value, stage.store.labelled("AWSPENDING")]).toEqual([before, undefined]);
});

test("retirePrevious does nothing, and publishes no retirement of a key that tokens still have", async () => {
  const stage = signingKeyStage({ "rekey:grace": "1h" });
  await stage.rotate("v1");
  await stage.rotate("v2");
  stage.clock.nowMs = Date.now() + dayMs;
  await expect(stage.container()("retirePrevious", "v2")).resolves.toBe("already-done");
  expect(stage.publisher.events.map(({ type }) => type)).not.toContain("Secret Retired");
});

describe("a login is a ring in order", () => {
  test("what was made logs in, and so does a secret that has no key yet", async () => {
    const stage = signingKeyStage();
    const loginOf = async () => {
      const secret = parseDatabaseSecret(stage.store.labelled("AWSCURRENT")?.value ?? new SecretValue("{}"));
      return stage.engine.login(emptyTarget, secret, call);
    };
    expect((await loginOf()).ok).toBe(true);
    await stage.rotate("v1");
    expect((await loginOf()).ok).toBe(true);
  });

  test("another kid, another text, and halves of two keys are refused, with a hint", async () => {
    const stage = signingKeyStage();
    await stage.rotate("v1");
    const { username, password } = parseDatabaseSecret(
      stage.store.labelled("AWSCURRENT")?.value ?? new SecretValue("{}"),
    );
    const mixed = JSON.parse(password.reveal()) as { keys: { jwk: { x: string; y: string } }[] };
    const [signing, next] = mixed.keys;
    if (signing !== undefined) Object.assign(signing.jwk, { x: next?.jwk.x, y: next?.jwk.y });
    for (const credential of [
      { username: "another", password },
      { username, password: new SecretValue("canary") },
      { username, password: new SecretValue(JSON.stringify(mixed)) },
    ]) {
      const login = await stage.engine.login(emptyTarget, credential, call);
      expect(login).toMatchObject({ ok: false, refusal: "bad-credential", hint: expect.any(String) });
    }
  });
});

describe("whoever may write tags", () => {
  test.each([
    ["rekey:signing-algorithm", "none"],
    ["rekey:signing-algorithm", "RS512"],
    ["rekey:signing-algorithm", "toString"],
    ["rekey:token-lifetime", "0m"],
    ["rekey:token-lifetime", "91d"],
    ["rekey:token-lifetime", "forever"],
    ["rekey:publication-lead", "1m"],
    ["rekey:publication-lead", "119m"],
    ["rekey:publication-lead", "31d"],
  ])("is refused %s=%s before a key is made", async (tag, text) => {
    const stage = signingKeyStage({ [tag]: text });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret", "v1")).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: tag },
    });
    expect(stage.store.labelled("AWSPENDING")).toBeUndefined();
  });

  test("can turn an algorithm from RS256 to HS256, and no public key becomes a secret of HMAC by it", async () => {
    const stage = signingKeyStage({ "rekey:signing-algorithm": "RS256" });
    await stage.rotate("v1");
    stage.store.tags.set("rekey:signing-algorithm", "HS256");
    await stage.rotate("v2");
    await stage.rotate("v3");
    const { keys } = ringAt(stage);
    expect(keys.map(({ key }) => [key.alg, key.verifier.type])).toEqual([
      ["HS256", "secret"],
      ["HS256", "secret"],
      ["RS256", "public"],
      ["RS256", "public"],
    ]);
    const fields = JSON.parse(stage.store.labelled("AWSCURRENT")?.value.reveal() ?? "{}") as {
      jwks: { keys: object[] };
    };
    expect(fields.jwks.keys).toMatchObject([{ alg: "RS256" }, { alg: "RS256" }]);
  });
});

test("no key is in an event, a report or an error", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  await stage.rotate("v2");
  stage.store.beginRotation("v3");
  const error = await stage
    .container()("createSecret", "v3")
    .catch((thrown: unknown) => thrown);
  const printed = inspect([stage.publisher.events, stage.reports, error, stage.engine], { depth: 9, showHidden: true });
  const canaries = ["AWSCURRENT", "AWSPREVIOUS"].flatMap((label) =>
    ringAt(stage, label).keys.flatMap(({ jwk }) => jwk.d ?? []),
  );
  expect(canaries).toHaveLength(4);
  for (const canary of canaries) expect(printed).not.toContain(canary);
});
