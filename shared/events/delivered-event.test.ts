import { expect, test } from "vitest";
import { parseDeliveredEvent } from "./delivered-event.ts";

test("the source of an event is read, whatever else is in it", () => {
  expect(parseDeliveredEvent('{"source":"rekey","detail":null}')).toMatchObject({ source: "rekey", detail: undefined });
});

test.each(["null", "7", "[]", "{}"])("%s has no member that an event has", (body) => {
  const none = {
    id: undefined,
    source: undefined,
    type: undefined,
    time: undefined,
    resource: undefined,
    detail: undefined,
  };
  expect(parseDeliveredEvent(body)).toEqual(none);
});

test("what is not JSON is event-malformed", () => {
  const context = { problem: "not JSON" };
  expect(() => parseDeliveredEvent("{")).toThrow(expect.objectContaining({ code: "event-malformed", context }));
});
