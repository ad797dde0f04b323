import { randomInt } from "node:crypto";
import { freshName } from "../fixture.ts";
import type { Suite } from "../suite.ts";
import { changeAtTag } from "../../../tags/tag-names.ts";

/**
 * Nothing that RFC 4013 prohibits or that is newer than its Unicode 3.2: clients differ in what they make of it beside a `½`,
 * and the driver of PostgreSQL could not log in.
 */
const awkward = [...Array.from("'\"\\%$;`{}@:/?#& üñ½€𝄞"), "--", "_clone", "a", "Z"];

/** As much of a name as still has room for AWS's suffix. */
const shortened = (text: string, mostBytes: number): string => {
  const kept = Array.from(text);
  while (Buffer.byteLength(`${kept.join("")}_clone`) > mostBytes) kept.pop();
  return kept.join("");
};

const longMs = 180_000;
const tries = { full: 20, sampled: 3 };
const mostParts = 70;

/** Short ones as often as long ones, the empty one among them. */
const awkwardText = (): string =>
  Array.from({ length: randomInt(randomInt(1, mostParts + 1)) }, () => awkward[randomInt(awkward.length)]).join("");

/** Whatever a name or a password holds, the server judges whether it was quoted right. */
export function awkwardNames({ test, expect, sampled, stage, variant, fixture }: Suite): void {
  const taken = (name: string): string =>
    fixture.notInNames === undefined ? name : name.replace(fixture.notInNames, "");
  const replacesInSetSecret =
    fixture.strategies[variant.strategy]?.replacesCurrent === true && variant.tags?.[changeAtTag] === undefined;

  test(
    "awkward-names",
    "a user with any name and password is rotated, and can be given its own password back",
    async () => {
      const here = stage();
      const { admin } = here.server;
      const givesBack = replacesInSetSecret && admin !== undefined;
      for (const name of sampled(Array.from({ length: tries.full }, awkwardText), tries.sampled)) {
        const given = shortened(`${freshName(fixture)}${taken(name)}`, fixture.engine.maxUsernameBytes);
        const usesAdmin = variant.usesAdmin || givesBack;
        const { id, account } = await here.newSecret(
          { ...variant, usesAdmin },
          { username: given, password: `p${awkwardText()}` },
        );
        const { username } = account;
        if (givesBack) {
          here.beforeStep = async ({ step }) => {
            if (step === "testSecret") await here.server.changePassword({ username, password: "neither-of-the-two" });
          };
          await here.begin(id);
          here.beforeStep = async () => undefined;
          expect({ account, accepts: await here.server.accepts(account) }).toEqual({ account, accepts: true });
        }
        await here.rotate(id);
        expect({ account, logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({ account, logsIn: true });
      }
    },
    longMs,
  );
}
