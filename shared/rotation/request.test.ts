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

test.each(["createSecret", "setSecret", "testSecret", "finishSecret", "retirePrevious"] as const)(
  "reads the step %s as the service sends it",
  (step) => {
    expect(parseRotationRequest({ ...event, Step: step }).step).toBe(step);
  },
);

test.each([
  ["create_secret", "createSecret"],
  ["set_secret", "setSecret"],
  ["test_secret", "testSecret"],
  ["finish_secret", "finishSecret"],
])("reads the step %s, as the user guide prints it, as %s", (printed, step) => {
  expect(parseRotationRequest({ ...event, Step: printed }).step).toBe(step);
});

test.each([[undefined], [""], [7], [null]])("a rotation token of %j is none", (RotationToken) => {
  expect(parseRotationRequest({ ...event, RotationToken })).not.toHaveProperty("rotationToken");
});

test.each<[unknown, string]>([
  [undefined, "Step"],
  [null, "Step"],
  ["text", "Step"],
  [{}, "Step"],
  [{ ...event, Step: "dropSecret" }, "Step"],
  [{ ...event, Step: "toString" }, "Step"],
  [{ ...event, SecretId: 7 }, "SecretId"],
  [{ ...event, SecretId: "x".repeat(2049) }, "SecretId"],
  [{ ...event, ClientRequestToken: "" }, "ClientRequestToken"],
])("%j is step-invalid, for its %s", (bad, field) => {
  expect(() => parseRotationRequest(bad)).toThrow(
    expect.objectContaining({ code: "step-invalid", context: { field } }),
  );
});

test("the longest id that Secrets Manager takes is taken", () => {
  const SecretId = "x".repeat(2048);
  expect(parseRotationRequest({ ...event, SecretId }).secretId).toBe(SecretId);
});
