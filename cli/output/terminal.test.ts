import { PassThrough } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { printTo } from "./output.ts";
import { coloured, confirmed, progressLine } from "./terminal.ts";

const terminal = (isTTY = true) => Object.assign(new PassThrough(), { isTTY, columns: 20 });
const printed = (stream: PassThrough): string => String(stream.read() ?? "");
const never = new AbortController().signal;
afterEach(() => vi.unstubAllEnvs());

test.each([
  ["y", true],
  ["YES", true],
  ["n", false],
  ["", false],
  ["yesterday", false],
])("the answer %j is %s", async (answer, expected) => {
  const [input, output] = [terminal(), terminal()];
  const asked = confirmed(["Rotate db/orders"], false, never, { input, output });
  input.write(`${answer}\n`);
  expect(await asked).toBe(expected);
  expect(printed(output)).toMatch(/^Rotate db\/orders\n[^]*Go on\? \[y\/N\] /);
});

test("--yes answers; without a terminal nothing is asked and nothing is done", async () => {
  const output = terminal(false);
  expect(await confirmed(["Rotate"], true, never, { input: terminal(false), output })).toBe(true);
  await expect(confirmed(["Rotate"], false, never, { input: terminal(), output })).rejects.toMatchObject({
    code: "option-invalid",
  });
});

test("a question ends with the signal", async () => {
  const controller = new AbortController();
  const asked = confirmed(["Rotate"], false, controller.signal, { input: terminal(), output: terminal() });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ code: "time-budget-spent" });
});

test("colours are for terminals, and NO_COLOR turns them off unless it is empty", () => {
  vi.stubEnv("NO_COLOR", "");
  vi.stubEnv("TERM", "xterm");
  const output = terminal();
  printTo(output, [coloured("red", "stuck", output)]);
  expect(printed(output)).toBe("\u001B[31mstuck\u001B[39m\n");
  expect(coloured("red", "stuck", terminal(false))).toBe("stuck");
  vi.stubEnv("NO_COLOR", "1");
  expect(coloured("red", "stuck", terminal())).toBe("stuck");
});

test("progress is one line within the terminal's width, and nothing where there is none", () => {
  const output = terminal();
  const line = progressLine(output);
  line.show("a".repeat(50));
  line.clear();
  line.clear();
  expect(printed(output)).toBe(`\r\u001B[K${"a".repeat(19)}\r\u001B[K`);
  const pipe = terminal(false);
  progressLine(pipe).show("half");
  expect(printed(pipe)).toBe("");
});
