import { randomUUID } from "node:crypto";
import { falseServer } from "../dead-ends.ts";
import type { SecretFields } from "../fixture.ts";
import type { Suite } from "../suite.ts";

/** An AWSPENDING that somebody else wrote is compared before anything is contacted. */
export function tampered({ test, expect, stage, variant }: Suite): void {
  async function rotateWith(pending: (current: SecretFields) => string, underOtherToken = false): Promise<object> {
    const here = stage();
    const { id, account } = await here.newSecret(variant);
    const current = JSON.parse((await here.read(id, "AWSCURRENT")) ?? "{}") as SecretFields;
    const before = { outcomes: here.outcomes.length, connections: here.proxy.connections };
    here.beforeStep = async ({ step, versionId }) => {
      if (step === "createSecret")
        await here.put(id, pending(current), "AWSPENDING", underOtherToken ? randomUUID() : versionId);
    };
    const versionId = await here.begin(id);
    here.beforeStep = async () => undefined;
    const seen = {
      codes: here.outcomes.slice(before.outcomes).map(({ code }) => code),
      contacted: here.proxy.connections - before.connections,
      accepts: await here.server.accepts(account),
    };
    await here.cancel(id);
    for (const [version, labels] of Object.entries(await here.labels(id))) {
      if (labels.includes("AWSPENDING")) await here.giveUp(id, version);
    }
    await here.giveUp(id, versionId);
    await here.rotate(id);
    expect(await here.logsIn(id, "AWSCURRENT")).toEqual(true);
    return seen;
  }
  const refused = (code: string): object => ({ codes: [code], contacted: 0, accepts: true });

  for (const [what, fields] of Object.entries<SecretFields>({
    host: { host: "127.0.0.2" },
    user: { username: "somebody_else" },
    engine: { engine: "another" },
    "admin secret": { masterarn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf" },
  })) {
    test("tampered", `an AWSPENDING with another ${what} is refused before any contact`, async () => {
      expect(await rotateWith((current) => JSON.stringify({ ...current, password: "x", ...fields }))).toEqual(
        refused("pending-tampered"),
      );
    });
  }

  test("tampered", "an AWSPENDING with another port is refused, and nothing reaches that port", async () => {
    await using decoy = await falseServer();
    expect(await rotateWith((current) => JSON.stringify({ ...current, password: "x", port: decoy.port }))).toEqual(
      refused("pending-tampered"),
    );
    expect(decoy.received().length).toEqual(0);
  });

  test("tampered", "an AWSPENDING that is not JSON is refused before any contact", async () => {
    expect(await rotateWith(() => "{")).toEqual(refused("secret-malformed"));
  });

  test("tampered", "an AWSPENDING that another token wrote ends the rotation before any contact", async () => {
    expect(await rotateWith((current) => JSON.stringify(current), true)).toEqual(refused("version-unknown"));
  });
}
