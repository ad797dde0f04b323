import { expect, test } from "vitest";
import { codes, type ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { concernsTheMirror, concernsTheWork } from "./error-scope.ts";

const all = Object.keys(codes) as ErrorCode[];

test("what concerns every secret: the credentials of AWS, the clock, the store, the bus and the time that is left", () => {
  expect(all.filter((code) => concernsTheWork(new RekeyError(code))).toSorted()).toEqual([
    "clock-skewed",
    "credentials-expired",
    "credentials-missing",
    "credentials-refused",
    "event-rejected",
    "events-unavailable",
    "store-throttled",
    "store-unavailable",
    "time-budget-spent",
  ]);
});

test("what concerns every mirror: Vault out of reach, its token, and its certificate", () => {
  const ofTheMirror = ["mirror-unauthorized", "mirror-unavailable", "tls-refused"];
  expect(all.filter((code) => concernsTheMirror(new RekeyError(code))).toSorted()).toEqual(ofTheMirror);
});
