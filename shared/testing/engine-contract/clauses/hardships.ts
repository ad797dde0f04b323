import type { ErrorCode } from "../../../errors/codes.ts";
import type { Hardship } from "../fixture.ts";
import type { Suite } from "../suite.ts";

const codeOf: Readonly<Record<Hardship, ErrorCode>> = {
  locked: "database-locked",
  busy: "database-busy",
  "read-only": "database-read-only",
  expired: "credential-expired",
};

/** What may befall a server that is there and answers: each has its own code, and the rotation goes on once it is over. */
export function hardships({ test, expect, stage, variant }: Suite): void {
  for (const [hardship, code] of Object.entries(codeOf) as [Hardship, ErrorCode][]) {
    test(
      hardship,
      `a server where the user is ${hardship}: ${code}, with a hint, and the rotation goes on once that is over`,
      async () => {
        const here = stage();
        const impose = here.server.hardships[hardship];
        if (impose === undefined)
          throw new Error(`the fixture has neither a hardship nor an exemption for ${hardship}`);
        const { id, account } = await here.newSecret({ ...variant, usesAdmin: here.server.admin !== undefined });
        // Of two users the idle one is changed, so that is the one in trouble.
        if (variant.strategy === "alternating-users") await here.rotate(id);
        const before = here.outcomes.length;
        const relief = await impose(account.username);
        const versionId = await here.begin(id);
        await relief[Symbol.asyncDispose]();
        const failed = here.outcomes.slice(before).filter((outcome) => outcome.code !== undefined);
        expect({
          codes: failed.map((outcome) => outcome.code),
          hints: failed.every(({ hint = "" }) => hint.length > 10),
          logsIn: (await here.logsIn(id, "AWSCURRENT")) || (await here.logsIn(id, "AWSPENDING")),
        }).toEqual({ codes: [code], hints: true, logsIn: true });
        await here.aws.retry();
        expect({ labels: (await here.labels(id))[versionId], logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
          labels: ["AWSCURRENT"],
          logsIn: true,
        });
      },
    );
  }

  test("unknown-database", "a database that does not exist: database-unknown, and nothing changed", async () => {
    const here = stage();
    const { unknownDatabase } = here.server;
    if (unknownDatabase === undefined) throw new Error("the fixture has neither an unknown database nor an exemption");
    const { id, account } = await here.newSecret(variant, { fields: unknownDatabase });
    const before = here.outcomes.length;
    await here.begin(id);
    expect({
      codes: here.outcomes.slice(before).flatMap(({ code }) => code ?? []),
      accepts: await here.server.accepts(account),
    }).toEqual({ codes: ["database-unknown"], accepts: true });
    await here.cancel(id);
  });
}
