import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import bitField from "./bit-field.ts";

const ofSaslprep = createRequire(createRequire(import.meta.url).resolve("@mongodb-js/saslprep"));
const sparse = ofSaslprep("sparse-bitfield") as typeof bitField;

test("its bits are those of sparse-bitfield, also behind the end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.array(fc.nat({ max: 0x10ffff })), (bytes, far) => {
      const buffer = Buffer.from(bytes);
      const [one, other] = [bitField({ buffer }), sparse({ buffer })];
      for (const index of [...far, ...Array(8 * buffer.length + 9).keys()])
        expect(one.get(index)).toBe(other.get(index));
    }),
    { numRuns: 20 },
  );
});
