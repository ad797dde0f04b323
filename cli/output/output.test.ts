import { spawnSync } from "node:child_process";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted, printTo, styled } from "./output.ts";

const printed = (...lines: readonly string[]): string => {
  const output = new PassThrough();
  printTo(output, lines);
  return String(output.read() ?? "");
};
/** Of any code units, so that surrogates also stand alone; more of those that a terminal obeys. */
const unit = fc.oneof(fc.integer({ min: 0, max: 0xff_ff }), fc.integer({ min: 0, max: 0xa0 }), fc.constant(0x20_2e));
const anyText = fc.array(unit, { maxLength: 40 }).map((units) => String.fromCharCode(...units));
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test("whatever text there is, it stays one line without a character that a terminal obeys", () => {
  fc.assert(
    fc.property(anyText, (line) => {
      const [shown = "", ...rest] = printed(line).split("\n");
      expect(rest).toEqual([""]);
      expect(shown).not.toMatch(unprintable);
      expect(fitted(line, 10)).not.toMatch(unprintable);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("JSON stays JSON, with the same text in it", () => {
  const value = fc.dictionary(anyText, anyText);
  fc.assert(
    fc.property(value, (one) => {
      const json = printed(...JSON.stringify(one, undefined, 2).split("\n"));
      expect(json).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(one));
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("a color of rekey's own is one, and the same sequence in somebody's text is not", () => {
  expect(printed(`${styled("stuck", 31, 39)} \u001B[31mred\u001B[39m`)).toBe(
    "\u001B[31mstuck\u001B[39m \\u001b[31mred\\u001b[39m\n",
  );
  expect(printed(styled("a\u001B[2J", 31, 39))).toBe("\u001B[31ma\\u001b[2J\u001B[39m\n");
});

test("what others write to the process's streams keeps its lines, in whatever pieces it comes", () => {
  const program = `
    import { guardStreams, print } from "./output.ts";
    guardStreams();
    const bytes = Buffer.from("one\\n\\ttwo\\u009B2J\\u202E \\u001B[2J\\n");
    for (const byte of bytes) process.stdout.write(Buffer.of(byte));
    process.stdout.write("three\\u0007\\n", () => print("four"));
    process.stderr.write("\\u001B]0;title\\u0007", "utf8");
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  expect(stdout).toBe("one\n\ttwo\\u009b2J\\u202e \\u001b[2J\nthree\\u0007\nfour\n");
  expect(stderr).toBe("\\u001b]0;title\\u0007");
});

test("a slow reader gets everything, a command that prints much waits for it, and the process ends when it has read all", () => {
  const program = `
    import { print, roomToPrint, stdoutOutlet } from "./output.ts";
    let most = 0;
    for (let line = 0; line < 40; line++) {
      print(String(line).padEnd(1_048_576, "."));
      await roomToPrint();
      most = Math.max(most, stdoutOutlet.pending());
    }
    process.stderr.write(String(most));
  `;
  const line = '"$0" --input-type=module --eval "$1" | (sleep 1; wc -l)';
  const { stdout, stderr } = spawnSync("/bin/bash", ["--norc", "-c", line, process.execPath, program], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin" },
  });
  expect(stdout.trim()).toBe("40");
  expect(Number(stderr)).toBeGreaterThan(0);
  expect(Number(stderr)).toBeLessThanOrEqual(17 * 1_048_577);
});
