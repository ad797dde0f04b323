import { expect, test } from "vitest";
import { encodeCommand, ErrorReply, wholeAnswer } from "./resp.ts";

const read = (text: string): unknown => wholeAnswer(Buffer.from(text))?.value;

test.each<[string, unknown]>([
  ["+OK\r\n", "OK"],
  [":-12\r\n", -12],
  [",1.5\r\n", 1.5],
  ["_\r\n", null],
  ["$-1\r\n", null],
  ["*-1\r\n", null],
  ["#t\r\n", true],
  ["(123456789012345678901234567890\r\n", "123456789012345678901234567890"],
  ["$5\r\nh\u00e9\r\n\r\n", "h\u00e9\r\n"],
  ["=7\r\ntxt:abc\r\n", "txt:abc"],
  ["*2\r\n+a\r\n*0\r\n", ["a", []]],
  ["~1\r\n$1\r\nx\r\n", ["x"]],
  ["%1\r\n+flags\r\n~1\r\n+on\r\n", { flags: ["on"] }],
])("%j is read", (text, value) => {
  expect(read(text)).toEqual(value);
  for (let length = 0; length < Buffer.byteLength(text); length++)
    expect(wholeAnswer(Buffer.from(text).subarray(0, length))).toBeUndefined();
});

test.each([["-WRONGPASS no\r\n"], ["!12\r\nWRONGPASS no\r\n"]])("%j is the server's refusal", (text) => {
  expect(read(text)).toBeInstanceOf(ErrorReply);
  expect(read(text)).toMatchObject({ message: "WRONGPASS no" });
});

test("a map's keys are its own, whatever they are called", () => {
  expect(Object.keys(Object(read("%1\r\n+__proto__\r\n%1\r\n+flags\r\n+on\r\n")))).toEqual(["__proto__"]);
});

test.each([
  "$-2\r\n",
  "$1e3\r\n",
  "$262145\r\n",
  "*100000\r\n",
  "%50000\r\n",
  "$1\r\nab\r\n",
  "?\r\n",
  "+a\r\n+b\r\n",
  "|1\r\n",
])("%j is server-misbehaved", (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: "server-misbehaved" }));
});

test("a command's words keep their bytes", () => {
  expect(encodeCommand(["A", "\r\n\u00e9"])).toBe("*2\r\n$1\r\nA\r\n$4\r\n\r\n\u00e9\r\n");
});
