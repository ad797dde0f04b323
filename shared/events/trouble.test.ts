import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { isMembers } from "../answers/members.ts";
import { parseDeliveredEvent } from "./delivered-event.ts";
import { troubleIn } from "./trouble.ts";

const example = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, `../../events/examples/${name}.json`), "utf8");
const about = {
  secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/orders-AbCdEf",
  at: new Date("2026-11-25T09:59:59.250Z"),
};

test.each([
  ["secret-rotation-failed.v1", { kind: "failed", ...about, step: "testSecret", code: "credential-refused" }],
  ["secret-rotation-stopped.v1.least", { kind: "stopped", ...about, step: undefined }],
  ["secret-finding.v1", { kind: "finding", ...about, finding: "mirror-older", repaired: true }],
  ["secret-rotated.v1", { kind: "rotated", ...about }],
])("the published example %s is read", (name, trouble) => {
  expect(troubleIn(parseDeliveredEvent(example(name)))).toMatchObject(trouble);
});

const changed = (name: string, change: object): string => {
  const event: unknown = JSON.parse(example(name));
  if (!isMembers(event)) throw new Error("no event");
  return JSON.stringify({ ...event, detail: { ...Object(event["detail"]), ...change } });
};

test("of a code that is none of rekey's nothing is kept", () => {
  const trouble = troubleIn(parseDeliveredEvent(changed("secret-rotation-failed.v1", { code: "send-your-password" })));
  expect(trouble).toMatchObject({ kind: "failed", code: undefined });
  expect(troubleIn(parseDeliveredEvent(changed("secret-rotation-failed.v1", { code: "toString" })))).toMatchObject({
    code: undefined,
  });
});

test.each([
  ["another step", "secret-rotation-failed.v1", { step: "<!channel>" }],
  ["another outcome", "secret-rotation-stopped.v1", { outcome: "canary" }],
  ["another finding", "secret-finding.v1", { finding: "canary" }],
  ["no version", "secret-rotated.v1", { versionId: "canary" }],
  ["no ARN", "secret-finding.v1", { secretArn: "canary" }],
  ["no time", "secret-finding.v1", { at: "soon" }],
  ["another type", "secret-retired.v1", {}],
])("an event with %s is malformed", (_what, name, change) => {
  expect(() => troubleIn(parseDeliveredEvent(changed(name, change)))).toThrow(
    expect.objectContaining({ code: "event-malformed", message: expect.not.stringContaining("canary") }),
  );
});
