import {
  dateToUtcString as theirWriter,
  parseEpochTimestamp as theirEpoch,
  parseRfc3339DateTime as theirRfc3339,
  parseRfc3339DateTimeWithOffset as theirRfc3339WithOffset,
  parseRfc7231DateTime as theirRfc7231,
} from "@smithy/core/serde";
import { expect, test } from "vitest";
import {
  dateToUtcString,
  parseEpochTimestamp,
  parseRfc3339DateTime,
  parseRfc3339DateTimeWithOffset,
  parseRfc7231DateTime,
} from "./dates.ts";

type Reader = (value: unknown) => Date | undefined;

test.each([
  [parseRfc3339DateTime, theirRfc3339, ["2026-02-28T23:59:59Z", "2026-02-28T23:59:59.5Z"]],
  [parseRfc3339DateTimeWithOffset, theirRfc3339WithOffset, ["2026-02-28T23:59:59.123+05:30"]],
  [
    parseRfc7231DateTime,
    theirRfc7231,
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
  ],
  [parseEpochTimestamp, theirEpoch, [1_798_761_600, 1_798_761_600.123, "1798761600.5"]],
] as [Reader, Reader, unknown[]][])(
  "$0.name reads what the SDK reads, and refuses what it refuses",
  (ours, theirs, values) => {
    for (const value of [...values, null, undefined]) expect(ours(value)).toEqual(theirs(value));
    expect(() => ours("soon")).toThrow(TypeError);
    expect(() => theirs("soon")).toThrow(TypeError);
  },
);

test("writes a date as the SDK does", () => {
  for (const date of [new Date(0), new Date("2026-12-01T02:03:04.567Z")])
    expect(dateToUtcString(date)).toBe(theirWriter(date));
});
