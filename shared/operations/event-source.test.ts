import { expect, test } from "vitest";
import { eventSourceOf } from "./event-source.ts";

test("the source of an event is read, whatever else is in it", () => {
  expect(eventSourceOf('{"source":"rekey","detail":null}')).toBe("rekey");
});

test.each(["{", "null", "7", "[]", "{}", '{"source":7}'])("%s has none", (body) => {
  expect(eventSourceOf(body)).toBeUndefined();
});
