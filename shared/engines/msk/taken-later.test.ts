import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type KafkaUnderTest, kafkaProgram, startKafka } from "../../../tests/support/kafka.ts";
import { startMsk, type MskUnderTest } from "../../../tests/support/msk.ts";
import { type MskRotation, mskRotation } from "../../../tests/support/msk-rotation.ts";
import { type MemoryMskSecrets, memoryMskSecrets } from "../../../tests/support/msk-secrets.ts";
import { sampled } from "../../../tests/support/sampled.ts";
import type { Gate } from "../../testing/gated.ts";

const first = "canary-first-3f6a0b9d";
const longMs = 300_000;

describe.skipIf(kafkaProgram === undefined)("on a broker that takes passwords some time later", () => {
  let kafka: KafkaUnderTest;
  let secrets: MemoryMskSecrets;
  let msk: MskUnderTest;
  let delayMs = 0;
  let serial = 0;

  beforeAll(async () => {
    kafka = await startKafka(kafkaProgram ?? "");
    secrets = memoryMskSecrets();
    msk = startMsk(
      kafka,
      async (arn) => secrets.current(arn),
      () => delayMs,
    );
  }, longMs);
  afterEach(() => {
    delayMs = 0;
  });
  afterAll(async () => {
    await msk?.stop();
    await kafka?.stop();
  });

  /** A secret of the services, and the two of MSK's. */
  async function pair({ associates = true } = {}) {
    const username = `app-${++serial}`;
    const arns = [secrets.put(username, first), secrets.put(`${username}_clone`, "canary-of-the-alternate")] as const;
    await msk.associate(arns[0]);
    if (associates) await msk.associate(arns[1]);
    const { host, port } = kafka;
    return { arns, value: { engine: "msk", host, port, ssl: false, username, password: first } };
  }
  const accepts = async ({ username, password }: ReturnType<MskRotation["loginAt"]>): Promise<boolean> =>
    kafka.accepts(username, password, ["SCRAM-SHA-512"]);

  test("three rotations: the users take turns, and the replaced one logs in until the next", async () => {
    const { arns, value } = await pair();
    const rotation = mskRotation(secrets, value, { arns: () => arns });
    delayMs = 200;
    for (const version of ["v1", "v2", "v3"]) {
      const before = rotation.loginAt("AWSCURRENT");
      await rotation.rotate(version);
      expect(rotation.loginAt("AWSCURRENT").username).not.toBe(before.username);
      expect([await accepts(before), await accepts(rotation.loginAt("AWSCURRENT"))]).toEqual([true, true]);
    }
    expect(rotation.printed()).toContain("Secret Rotated");
    for (const { password } of rotation.logins()) expect(rotation.printed()).not.toContain(password);
    expect(rotation.printed()).not.toContain("canary");
  });

  test("a delay longer than one invocation: each says that its time is up, and the next one goes on without writing again", async () => {
    const { arns, value } = await pair();
    const rotation = mskRotation(secrets, value, { arns: () => arns });
    rotation.store.beginRotation("v1");
    await rotation.run("createSecret", "v1");
    delayMs = 1_500;
    const codes: unknown[] = [];
    for (let invocation = 1; invocation < 30; invocation++) {
      const call = { signal: AbortSignal.timeout(400) };
      const error: unknown = await rotation.run("setSecret", "v1", call).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(rotation.loginAt("AWSCURRENT")).toEqual({ username: value.username, password: first });
      expect(await accepts(rotation.loginAt("AWSCURRENT"))).toBe(true);
      if (error === undefined) break;
      expect(error).toMatchObject({ code: "time-budget-spent", disposition: "retry" });
      codes.push(error);
    }
    expect(codes.length).toBeGreaterThan(1);
    expect(secrets.versions(arns[1])).toBe(2);
    for (const step of ["testSecret", "finishSecret"] as const) await rotation.run(step, "v1");
    expect(await accepts(rotation.loginAt("AWSCURRENT"))).toBe(true);
  });

  test("MSK takes nothing, since the secret is not associated: it is said, and the services' secret has not moved; once it is, the repetition goes through", async () => {
    const { arns, value } = await pair({ associates: false });
    const rotation = mskRotation(secrets, value, { arns: () => arns, takenWithinMs: 300 });
    const error: unknown = await rotation.rotate("v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "credential-refused",
      context: { secret: arns[1] },
      hint: expect.stringContaining("associated with the cluster"),
    });
    expect(inspect(error, { depth: 9 })).not.toContain("canary");
    expect(rotation.loginAt("AWSCURRENT")).toEqual({ username: value.username, password: first });
    expect(await accepts(rotation.loginAt("AWSCURRENT"))).toBe(true);
    await msk.associate(arns[1]);
    await rotation.rotate("v1");
    expect(rotation.loginAt("AWSCURRENT").username).toBe(`${value.username}_clone`);
  });

  test(
    "cut at any call of AWS and at any login, before or after it took effect, it converges, and at every moment a stored version logs in; the secret of the user in use is never written",
    async () => {
      const tried = { points: 0, converged: 0 };
      async function cutAt(at: number, takesEffect: boolean): Promise<number> {
        const { arns, value } = await pair();
        let made = 0;
        const lockedOut: number[] = [];
        const gate: Gate = async (_operation, work) => {
          const isCut = ++made === at;
          if (isCut && !takesEffect) throw new Error("cut");
          const answer = await work();
          const stored = await Promise.all(rotation.logins().map(accepts));
          if (!stored.includes(true)) lockedOut.push(made);
          if (isCut) throw new Error("cut");
          return answer;
        };
        const rotation: MskRotation = mskRotation(secrets, value, { gate, arns: () => arns });
        const used = secrets.current(arns[0]);
        delayMs = 30;
        await rotation.rotate("v1", 2);
        expect({ at, takesEffect, used: secrets.current(arns[0]), lockedOut }).toMatchObject({ used, lockedOut: [] });
        expect(rotation.loginAt("AWSCURRENT").username).toBe(`${value.username}_clone`);
        expect(await accepts(rotation.loginAt("AWSCURRENT"))).toBe(true);
        expect(secrets.versions(arns[1])).toBe(2);
        return made;
      }
      const calls = await cutAt(0, false);
      expect(calls).toBeGreaterThan(12);
      const points = Array.from({ length: calls }, (_, index) => [index + 1, true] as const);
      const all = [...points, ...points.map(([at]) => [at, false] as const)];
      for (const [at, takesEffect] of sampled(all, 6)) {
        tried.points++;
        await cutAt(at, takesEffect);
        tried.converged++;
      }
      process.stdout.write(`MSK: ${calls} calls in a rotation; cut at ${tried.points}, converged ${tried.converged}\n`);
    },
    longMs,
  );
});
