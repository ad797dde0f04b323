import fc from "fast-check";
import { expect, test } from "vitest";
import { isRekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { signature } from "./signature.ts";
import { verifyWebhook } from "./verify-webhook.ts";

const nowMs = 1_767_323_045_000;
const keys = [new SecretValue("a key of sixteen bytes")];
const body = '{"id":"1","detail-type":"Secret Rotated","detail":{}}';
const signed = signature(body, keys, nowMs);

/** Errors: any but `webhook-rejected`. */
function isAccepted(said: string, carried: string | undefined): boolean {
  try {
    return verifyWebhook({ body: said, signature: carried }, { keys, nowMs }).id === "1";
  } catch (error) {
    if (isRekeyError(error, "webhook-rejected")) return false;
    throw error;
  }
}

test("a body or a signature that was changed in any place, or is anything at all, is webhook-rejected and nothing else", () => {
  const changed = fc
    .tuple(fc.nat(signed.length - 1), fc.string({ maxLength: 3 }))
    .map(([at, text]) => signed.slice(0, at) + text + signed.slice(at + 1));
  const header = fc.oneof(changed, fc.string(), fc.constantFrom(signed, undefined, "t=1,", `${signed},${signed}`));
  expect(verifyWebhook({ body, signature: signed }, { keys, nowMs }).id).toBe("1");
  fc.assert(
    fc.property(fc.oneof(fc.constant(body), fc.json(), fc.string()), header, (said, carried) => {
      const isEvent = isAccepted(said, carried);
      const mayPass = said === body && carried?.includes(signed.split(",")[1] ?? "") === true;
      expect(isEvent && !mayPass).toBe(false);
    }),
    { seed: 20_261_130, numRuns: 2_000 },
  );
});
