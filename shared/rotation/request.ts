import { RekeyError } from "../errors/rekey-error.ts";
import type { RotationRequest, RotationStep } from "../ports/rotation.ts";

/** The service sends camelCase; its user guide prints the other form, so both are read. */
const steps: Readonly<Record<string, RotationStep>> = {
  createSecret: "createSecret",
  setSecret: "setSecret",
  testSecret: "testSecret",
  finishSecret: "finishSecret",
  create_secret: "createSecret",
  set_secret: "setSecret",
  test_secret: "testSecret",
  finish_secret: "finishSecret",
  retirePrevious: "retirePrevious",
};

/** Reads the event that Secrets Manager invokes a rotation function with. Errors: `step-invalid`, naming the field. */
export function parseRotationRequest(event: unknown): RotationRequest {
  const fields: Readonly<Record<string, unknown>> = { ...(event as object | null | undefined) };
  const text = (field: string): string => {
    const value = fields[field];
    if (typeof value !== "string" || value === "" || value.length > 2048) {
      throw new RekeyError("step-invalid", { context: { field } });
    }
    return value;
  };
  const step = Object.hasOwn(steps, text("Step")) ? steps[text("Step")] : undefined;
  if (step === undefined) throw new RekeyError("step-invalid", { context: { field: "Step" } });
  const rotationToken = fields["RotationToken"];
  return {
    step,
    secretId: text("SecretId"),
    versionId: text("ClientRequestToken"),
    ...(fields["Adopted"] === true ? { adopted: true } : {}),
    ...(typeof rotationToken === "string" && rotationToken !== "" ? { rotationToken } : {}),
  };
}
