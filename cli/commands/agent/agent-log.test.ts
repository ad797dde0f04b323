import { expect, test } from "vitest";
import { agentLog } from "./agent-log.ts";

/** A log whose disk can be full and whose reader can be slow. */
function fakeOutlet() {
  const state = { isFull: false, pending: 0, text: "" };
  return {
    state,
    pending: () => state.pending,
    write(text: string, done: (error?: Error | null) => void): void {
      if (!state.isFull) state.text += text;
      done(state.isFull ? new Error("ENOSPC") : undefined);
    },
  };
}

test("what cannot be written is counted, and the first line that can be has the count before it", () => {
  const outlet = fakeOutlet();
  const { log, dropped } = agentLog(outlet, () => 0);
  log("a", { n: 1 });
  outlet.state.isFull = true;
  log("b", {});
  log("c", {});
  expect(dropped()).toBe(2);
  outlet.state.isFull = false;
  log("d", {});
  log("e", {});
  const at = "1970-01-01T00:00:00.000Z";
  expect(
    outlet.state.text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { message: "a", n: 1, at },
    { message: "log lines dropped", count: 2, at },
    { message: "d", at },
    { message: "e", at },
  ]);
  expect(dropped()).toBe(2);
});

test("half a line that a full disk has taken does not spoil the next one", () => {
  const outlet = fakeOutlet();
  const { log } = agentLog(outlet, () => 0);
  outlet.state.isFull = true;
  log("a", {});
  outlet.state.text += '{"message":';
  outlet.state.isFull = false;
  log("b", {});
  expect(outlet.state.text.split("\n").slice(1)).toEqual([
    expect.stringContaining("log lines dropped"),
    expect.stringContaining('"message":"b"'),
    "",
  ]);
});

test("no more than a bound waits for a slow reader, and a report that fails is reported again", () => {
  const outlet = fakeOutlet();
  const { log, dropped } = agentLog(outlet, () => 0);
  outlet.state.pending = 1_048_577;
  log("a", {});
  expect([outlet.state.text, dropped()]).toEqual(["", 1]);
  outlet.state.pending = 0;
  outlet.state.isFull = true;
  log("b", {});
  expect(dropped()).toBe(2);
  outlet.state.isFull = false;
  log("c", {});
  expect(outlet.state.text).toContain('"count":2');
});
