import { expect, test } from "vitest";
import { parseRotationRequest } from "./request.ts";

const event = { Step: "setSecret", SecretId: "arn:x", ClientRequestToken: "token-1" };

test("reads the event that Secrets Manager sends", () => {
  expect(parseRotationRequest({ ...event, RotationToken: "rt" })).toEqual({
    step: "setSecret",
    secretId: "arn:x",
    versionId: "token-1",
    rotationToken: "rt",
  });
});

test("reads that a version was adopted by everyone, from true alone", () => {
  expect(parseRotationRequest({ ...event, Step: "retirePrevious", Adopted: true })).toMatchObject({ adopted: true });
  expect(parseRotationRequest({ ...event, Step: "retirePrevious", Adopted: "true" })).not.toHaveProperty("adopted");
});

test("reads the step names that the user guide prints", () => {
  expect(parseRotationRequest({ ...event, Step: "finish_secret" }).step).toBe("finishSecret");
});

test.each([
  [undefined],
  ["text"],
  [{}],
  [{ ...event, Step: "dropSecret" }],
  [{ ...event, Step: "toString" }],
  [{ ...event, SecretId: 7 }],
  [{ ...event, ClientRequestToken: "" }],
])("%j is step-invalid", (bad) => {
  expect(() => parseRotationRequest(bad)).toThrow("step-invalid");
});
