import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { membersOf } from "../../shared/answers/members.ts";
import { readTemplate } from "./read-template.ts";
import { type AddedFunction, withFunction } from "./with-function.ts";

const file = path.join(import.meta.dirname, "../../template.yaml");
const template = { ...readTemplate(readFileSync(file, "utf8")) };
const added: AddedFunction = {
  name: "rotate-keeper",
  description: "d",
  codeUri: "functions/rotate-keeper",
  admins: true,
};
const mentionsOf = (value: unknown, word: RegExp): number => JSON.stringify(value).match(word)?.length ?? 0;
const resourcesOf = (value: object): Readonly<Record<string, unknown>> => membersOf(membersOf(value)["Resources"]);

test.each([
  ["with administrators", true, /rotate.?rabbitmq/giu],
  ["without", false, /rotate.?signing.?key/giu],
])("a function %s stands wherever one of its kind stands, and has its rights and no others", (_kind, admins, like) => {
  const more = withFunction(template, { ...added, admins });
  // The description of its output names it once more.
  expect(mentionsOf(more, /rotate.?keeper/giu)).toBe(mentionsOf(template, like) + 1);
  const likeRole = Object.entries(resourcesOf(template)).find(([id]) =>
    new RegExp(`^(?:${like.source})role$`, "iu").test(id),
  );
  const role = JSON.stringify(resourcesOf(more)["RotateKeeperRole"]);
  expect(role).toBe(
    JSON.stringify(likeRole?.[1])
      .replaceAll(/rotate-(?:rabbitmq|signing-key)/gu, "rotate-keeper")
      .replaceAll(/Rotate(?:Rabbitmq|SigningKey)/gu, "RotateKeeper"),
  );
});

test("what the template has of its own stays as it is", () => {
  const more = withFunction(template, added);
  const own = Object.entries(resourcesOf(more)).filter(([id]) => !id.includes("RotateKeeper"));
  const isListing = ([, resource]: readonly [string, unknown]): boolean => mentionsOf(resource, /keeper/giu) > 0;
  expect(own.map(([id]) => id)).toEqual(Object.keys(resourcesOf(template)));
  expect(own.filter(isListing).map(([id]) => id)).toEqual(["RekeysOwnEvents", "ThrottledRotationsAlarm"]);
  const untouched = Object.fromEntries(own.filter((one) => !isListing(one)));
  expect({ ...resourcesOf(template), ...untouched }).toEqual(resourcesOf(template));
});
