import { blackHole, type DeadEnd, falseServer } from "../dead-ends.ts";
import { isExempt, type Suite } from "../suite.ts";

/** Servers that are not there, or do not answer: told apart, in good time, with nothing changed. */
export function unreachable({ test, expect, stage, variant, fixture }: Suite): void {
  const keepsPassword = !isExempt(fixture, variant, "clear-password-asked");
  const codesAt = async (end: DeadEnd): Promise<object> => {
    const here = stage();
    const { id, account } = await here.newSecret(variant, { fields: { port: end.port } });
    const before = here.outcomes.length;
    await here.begin(id);
    await here.cancel(id);
    const failed = here.outcomes.slice(before).filter(({ code }) => code !== undefined);
    return {
      codes: failed.map(({ code }) => code),
      hints: failed.every(({ hint = "" }) => hint.length > 10),
      accepts: await here.server.accepts(account),
      gotPassword: keepsPassword && end.received().includes(account.password),
    };
  };
  const ended = (code: string): object => ({ codes: [code], hints: true, accepts: true, gotPassword: false });

  test("black-hole", "a host that drops every packet: database-unreachable", async () => {
    await using hole = await blackHole();
    expect(await codesAt(hole)).toEqual(ended("database-unreachable"));
  });

  test("silent", "a host that takes the connection and says nothing: database-timeout", async () => {
    await using server = await falseServer();
    expect(await codesAt(server)).toEqual(ended("database-timeout"));
  });

  test("silent", "a server that falls silent in the middle: database-timeout, and the rotation converges", async () => {
    const here = stage();
    here.wire.disarm();
    await here.rotate((await here.newSecret(variant)).id);
    const toServer = here.wire.messages.flatMap((message, index) => (message === "database" ? [index + 1] : []));
    const { id } = await here.newSecret(variant);
    const before = here.outcomes.length;
    here.wire.arm({ at: toServer[Math.floor(toServer.length / 2)] ?? 0, fault: "hang", kills: false });
    const versionId = await here.begin(id);
    const codes = here.outcomes.slice(before).flatMap(({ code }) => code ?? []);
    here.wire.disarm();
    await here.aws.retry();
    expect({ codes, labels: (await here.labels(id))[versionId], logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
      codes: ["database-timeout"],
      labels: ["AWSCURRENT"],
      logsIn: true,
    });
  });

  test(
    "clear-password-asked",
    "a server without a verified certificate that asks for the password in clear does not get it: tls-refused",
    async () => {
      if (fixture.askForClearPassword === undefined) {
        throw new Error("the fixture has neither a server that asks for the password nor an exemption");
      }
      await using server = await falseServer(fixture.askForClearPassword);
      expect(await codesAt(server)).toEqual(ended("tls-refused"));
      expect(server.received().length > 0).toEqual(true);
    },
  );
}
