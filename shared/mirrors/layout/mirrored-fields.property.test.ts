import fc from "fast-check";
import { expect, test } from "vitest";
import { entryOf as entryNamed } from "../../../tests/support/mirror-entries.ts";
import type { MirrorEntry } from "../../ports/mirror.ts";
import { holdsNewer, mirroredFields } from "./mirrored-fields.ts";

const entryOf = (text: string, versionId = "v1", createdAt = new Date(0)): MirrorEntry =>
  entryNamed("name", { secretArn: "arn", text, versionId, createdAt });

const version = {
  rekey_version_id: "v1",
  rekey_label: "AWSCURRENT",
  rekey_created_at: "1970-01-01T00:00:00.000Z",
};

test("any object that a double can hold comes out of JSON as it went in", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (fields) => {
      fc.pre(!Object.keys(fields).some((key) => key.startsWith("rekey_")));
      const text = JSON.stringify(fields);
      const mirrored = JSON.stringify(mirroredFields(entryOf(text)));
      expect(JSON.parse(mirrored)).toEqual({ ...JSON.parse(text), ...version });
    }),
  );
});

test("of any two versions exactly one is the newer", () => {
  const made = fc.record({ id: fc.constantFrom("a", "b", "c"), createdMs: fc.integer({ min: 0, max: 2 }) });
  fc.assert(
    fc.property(made, made, (one, two) => {
      fc.pre(one.id !== two.id);
      const [first, second] = [one, two].map(({ id, createdMs }) => entryOf("{}", id, new Date(createdMs)));
      if (first === undefined || second === undefined) throw new Error("two were made");
      const firstHoldsNewer = holdsNewer(mirroredFields(first), second);
      expect(holdsNewer(mirroredFields(second), first)).toBe(!firstHoldsNewer);
    }),
  );
});
