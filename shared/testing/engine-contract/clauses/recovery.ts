import { parseDatabaseSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import type { Account } from "../fixture.ts";
import type { Stage } from "../stage.ts";
import type { Suite } from "../suite.ts";
import { changeAtTag, graceTag } from "../../../tags/tag-names.ts";

const minuteMs = 60_000;
/** A server needs a moment to see that a connection is gone. */
const mostLooks = 100;

const accountAt = async ({ read }: Stage, secretId: string, label: string): Promise<Account> => {
  const { username, password } = parseDatabaseSecret(new SecretValue((await read(secretId, label)) ?? "{}"));
  return { username, password: password.reveal() };
};

/** What a rotation makes of a credential that stopped, and of one that is to stop. */
export function recovery({ test, expect, stage, variant, fixture }: Suite): void {
  const { strategies } = fixture;
  const strategy = strategies[variant.strategy];
  const changesAtFinish = variant.tags?.[changeAtTag] === "finishSecret";
  const byAdmin = (): typeof variant => ({ ...variant, usesAdmin: stage().server.admin !== undefined });

  for (const container of ["warm", "cold"] as const) {
    // Where finishSecret changes the password, nothing comes between the change and its proof.
    if (changesAtFinish) continue;
    test(
      "rolled-back",
      `testSecret in a ${container} container finds the new credential dead: the old one is restored and logs in, AWSPENDING is gone, the failure is published`,
      async () => {
        const here = stage();
        const { id, account } = await here.newSecret(byAdmin());
        here.containers.warm = container === "warm";
        const before = here.outcomes.length;
        here.beforeStep = async ({ step }) => {
          if (step !== "testSecret") return;
          const { username } = await accountAt(here, id, "AWSPENDING");
          await here.server.changePassword({ username, password: "neither-of-the-two" });
        };
        const versionId = await here.begin(id);
        here.beforeStep = async () => undefined;
        here.containers.warm = true;
        expect({
          codes: here.outcomes.slice(before).flatMap(({ code }) => code ?? []),
          accepts: await here.server.accepts(account),
          pending: Object.values(await here.labels(id))
            .flat()
            .includes("AWSPENDING"),
          published: here.aws.events.some(
            ({ detail, ...event }) =>
              event["detail-type"] === "Secret Rotation Failed" && JSON.stringify(detail).includes(versionId),
          ),
        }).toEqual({ codes: ["credential-refused"], accepts: true, pending: false, published: true });
        await here.rotate(id);
        expect(await here.logsIn(id, "AWSCURRENT")).toEqual(true);
      },
    );
  }

  test(
    "changed-by-hand",
    "a password that somebody changed in the database is recovered by the admin secret",
    async () => {
      const here = stage();
      const { id } = await here.newSecret(byAdmin());
      await here.rotate(id);
      const { username } = await accountAt(here, id, "AWSCURRENT");
      await here.server.changePassword({ username, password: "changed-by-hand" });
      const versionId = await here.rotate(id);
      expect({ labels: (await here.labels(id))[versionId], logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
        labels: ["AWSCURRENT"],
        logsIn: true,
      });
    },
  );

  test(
    "changed-by-hand",
    "a value that somebody put by hand and that does not log in is recovered from AWSPREVIOUS",
    async () => {
      const here = stage();
      const { id, account } = await here.newSecret(variant);
      const value = (await here.read(id, "AWSCURRENT")) ?? "{}";
      await here.put(id, value.replace(JSON.stringify(account.password), '"mistyped"'), "AWSCURRENT");
      const versionId = await here.rotate(id);
      expect({ labels: (await here.labels(id))[versionId], logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
        labels: ["AWSCURRENT"],
        logsIn: true,
      });
    },
  );

  test("changed-by-hand", "an AWSPREVIOUS that is not JSON does not matter", async () => {
    const here = stage();
    const { id } = await here.newSecret(variant);
    const value = (await here.read(id, "AWSCURRENT")) ?? "{}";
    await here.put(id, "plain text", "AWSCURRENT");
    await here.put(id, value, "AWSCURRENT");
    await here.rotate(id);
    expect(await here.logsIn(id, "AWSCURRENT")).toEqual(true);
  });

  if (strategy?.retire === undefined) return;
  test(
    "retired",
    "the replaced credential logs in until its grace period is over, then the server refuses it",
    async () => {
      const here = stage();
      const { id, account } = await here.newSecret({ ...variant, tags: { ...variant.tags, [graceTag]: "1m" } });
      const versionId = await here.begin(id);
      const early = await here.step("retirePrevious", id, versionId);
      expect({ code: early.code, accepts: await here.server.accepts(account) }).toEqual({
        code: "grace-not-over",
        accepts: true,
      });
      await here.aws.advance(minuteMs + 1_000);
      for (let repetition = 0; repetition < 2; repetition++) {
        const { code } = await here.step("retirePrevious", id, versionId);
        expect({
          code,
          accepts: await here.server.accepts(account),
          logsIn: await here.logsIn(id, "AWSCURRENT"),
          proof: here.aws.events.at(-1)?.detail["proof"],
        }).toEqual({
          code: undefined,
          accepts: false,
          logsIn: true,
          proof: "refused",
        });
      }
      await here.rotate(id);
      expect(await here.logsIn(id, "AWSCURRENT")).toEqual(true);
    },
  );

  const { hold } = fixture;
  if (hold === undefined || variant.strategy !== "alternating-users") return;
  test("held", "whoever has a connection of the replaced credential is waited for and named", async () => {
    const here = stage();
    const { id, account } = await here.newSecret({ ...variant, tags: { ...variant.tags, [graceTag]: "1m" } });
    const held = await hold(here.server, account);
    const versionId = await here.begin(id);
    await here.aws.advance(minuteMs + 1_000);
    const { code } = await here.step("retirePrevious", id, versionId);
    const { detail } = here.aws.events.at(-1) ?? {};
    expect({
      code,
      accepts: await here.server.accepts(account),
      isNamed: JSON.stringify(detail?.["heldBy"]).includes('"connections":1'),
    }).toEqual({ code: "replaced-in-use", accepts: true, isNamed: true });
    await held[Symbol.asyncDispose]();
    let ended: string | undefined = "replaced-in-use";
    for (let looks = 0; ended === "replaced-in-use" && looks < mostLooks; looks++)
      ended = (await here.step("retirePrevious", id, versionId)).code;
    expect({ ended, accepts: await here.server.accepts(account) }).toEqual({ ended: undefined, accepts: false });
  });
}
