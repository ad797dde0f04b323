import fc from "fast-check";
import { expect, test } from "vitest";
import { secretQuery } from "./secret-query.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

const idText = /^[\w/+=.@!:-]{1,2048}$/;
const odd = fc.constantFrom("%00", "%c0%80", "%2500", "+", "%20", "%0a", "\u202e", "%ff", "..", ".", "//", "%", "&", "=", "#", ";", "secretId=", "&versionId=", "?"); // prettier-ignore
const text = fc
  .array(fc.oneof(odd, fc.string({ maxLength: 40, unit: "binary" })), { maxLength: 6 })
  .map((all) => all.join(""));

test("whatever the target, what is asked of the source is an id, a version and a label that Secrets Manager could have", () => {
  const target = fc.oneof(
    text.map((id) => `/v1/${id}`),
    fc
      .tuple(text, text, text)
      .map(([id, version, label]) => `/secretsmanager/get?secretId=${id}&versionId=${version}&versionStage=${label}`),
    text,
  );
  fc.assert(
    fc.property(target, (asked) => {
      const query = secretQuery(asked, "/v1/");
      if (query === undefined || "status" in query) return;
      const { secretId, choice = { stage: "AWSCURRENT" }, mustBear = "AWSCURRENT" } = query;
      expect(secretId).toMatch(idText);
      const label = "stage" in choice ? choice.stage : mustBear;
      expect(label).not.toMatch(/\p{C}/u);
      expect(label.length).toBeLessThanOrEqual(256);
      expect("versionId" in choice ? choice.versionId : "v".repeat(32)).toMatch(/^[\x21-\x7e]{32,64}$/);
    }),
    { seed: 20_261_130, numRuns: sampledRuns(3_000) },
  );
});
