import { expect, test } from "vitest";
import { chatTargets } from "./chat-targets.ts";

const slack = { kind: "slack", secret: "chat/slack" };

test("a target is a kind, a secret and what it hears of", () => {
  const pager = {
    kind: "pagerduty",
    secret: "chat/pager",
    about: ["failures"],
    origin: "https://events.eu.pagerduty.com",
  };
  expect(chatTargets(JSON.stringify([slack, pager]))).toEqual([{ ...slack, about: ["failures", "findings"] }, pager]);
});

test.each([
  ["text", "canary"],
  ["an object", "{}"],
  ["more than ten", JSON.stringify(Array.from({ length: 11 }, () => slack))],
  ["another kind", JSON.stringify([{ ...slack, kind: "canary" }])],
  ["no secret", JSON.stringify([{ kind: "slack" }])],
  ["what it cannot hear of", JSON.stringify([{ ...slack, about: ["failures", "canary"] }])],
  ["nothing that it hears of", JSON.stringify([{ ...slack, about: [] }])],
  ["an address as its origin", JSON.stringify([{ ...slack, origin: "https://hooks.slack.com/services/canary" }])],
  ["an origin of another kind", JSON.stringify([{ ...slack, origin: "file://canary" }])],
  ["an address in place of a secret's name", JSON.stringify([{ ...slack, url: "https://hooks.slack.com/canary" }])],
])("%s is refused, and not shown", (_what, text) => {
  expect(() => chatTargets(text)).toThrow(
    expect.objectContaining({ code: "option-invalid", message: expect.not.stringContaining("canary") }),
  );
});
