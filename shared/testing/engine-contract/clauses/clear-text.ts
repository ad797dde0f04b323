import { inspect } from "node:util";
import { findPasswords } from "../containers.ts";
import type { Suite } from "../suite.ts";

/** Comes last: it looks at what all rotations before left behind, healthy ones and broken ones. */
export function clearText({ test, expect, stage, variant, tally }: Suite): void {
  test("clear-text", "no generated password is in anything that the server wrote down", async () => {
    const { server, containers, rotate, newSecret } = stage();
    await rotate((await newSecret(variant)).id);
    const logs = await server.logs();
    expect(logs.length > 0).toEqual(true);
    const found = findPasswords(logs, containers.generated);
    tally.clearTextFindings += found.length;
    expect({ generated: containers.generated.length > 0, found }).toEqual({ generated: true, found: [] });
  });

  test("clear-text", "no generated password is in an event, an error, a report or the record of requests", async () => {
    const { aws, containers, outcomes, lockOuts, rotate, newSecret } = stage();
    await rotate((await newSecret(variant)).id);
    const everything = inspect([aws.events, containers.printed, outcomes, lockOuts, aws.requests], {
      depth: 9,
      maxArrayLength: null,
      maxStringLength: null,
    });
    const found = findPasswords(everything, containers.generated);
    tally.clearTextFindings += found.length;
    expect({ events: aws.events.length > 0, found }).toEqual({ events: true, found: [] });
  });
}
