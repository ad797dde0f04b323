import { expect, test } from "vitest";
import { sessions } from "./sessions.ts";

const minute = 60_000;

/** Sessions beside a clock that stands. */
function stage() {
  let nowMs = 0;
  return { all: sessions(() => nowMs), passes: (ms: number): void => void (nowMs += ms) };
}

test("a token opens one session, within ten minutes", () => {
  const { all, passes } = stage();
  const [used, late, last] = [all.newToken(), all.newToken(), all.newToken()];
  expect(all.open(used)).toBeDefined();
  expect(all.open(used)).toBeUndefined();
  passes(10 * minute - 1);
  expect(all.open(last)).toBeDefined();
  passes(1);
  expect(all.open(late)).toBeUndefined();
  expect(all.open("")).toBeUndefined();
});

test("a cookie may look, and change something only with the key of its own session", () => {
  const { all } = stage();
  const [one, other] = [all.open(all.newToken()), all.open(all.newToken())];
  expect([all.mayRead(one?.cookie), all.mayRead(undefined), all.mayRead(one?.key)]).toEqual([true, false, false]);
  expect(all.mayChange(one?.cookie, one?.key)).toBe(true);
  expect(all.mayChange(one?.cookie, other?.key)).toBe(false);
  expect(all.mayChange(one?.cookie, undefined)).toBe(false);
  expect(all.mayChange(undefined, one?.key)).toBe(false);
});

test("a session lasts twelve hours", () => {
  const { all, passes } = stage();
  const session = all.open(all.newToken());
  passes(12 * 60 * minute - 1);
  expect(all.mayChange(session?.cookie, session?.key)).toBe(true);
  passes(1);
  expect(all.mayRead(session?.cookie)).toBe(false);
  expect(all.mayChange(session?.cookie, session?.key)).toBe(false);
});
