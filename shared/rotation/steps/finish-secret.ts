import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { StepOutcome } from "../../ports/rotation.ts";
import { readCurrent } from "../read-current.ts";
import { versionWithLabel } from "../../ports/secret-store.ts";
import type { Invocation } from "../invocation.ts";
import { rotationOf } from "../rotation-context.ts";
import { checkRequest } from "./check-request.ts";
import { proveLogin } from "./test-secret.ts";
import { defined } from "../../secrets/defined.ts";

/**
 * Promotes a version that was seen to log in, then publishes. When an earlier run died between the two, it publishes
 * again, so the event is never lost; subscribers know a version that they have.
 */
export async function finishSecret(invocation: Invocation): Promise<StepOutcome> {
  const { store, publisher, request, progress, call } = invocation;
  const { secretId, versionId } = request;
  const { state, description, facts } = await checkRequest(invocation);
  const isPromoted = state === "current";
  const previousVersionId = versionWithLabel(description, isPromoted ? "AWSPREVIOUS" : "AWSCURRENT");
  if (!isPromoted) {
    if (previousVersionId === undefined)
      throw new RekeyError("secret-not-found", { context: { secret: secretId, label: "AWSCURRENT" } });
    if (!progress.loggedIn) await proveLogin(invocation);
    try {
      await store.promote(request, { from: previousVersionId }, call);
    } catch (error) {
      // Stopped in the last moment: Secrets Manager does not come back, so the database is put back now.
      if (isRekeyError(error, "store-rejected")) await checkRequest(invocation);
      throw error;
    }
  }
  const { engine, strategy } =
    progress.kind ?? rotationOf(invocation, (await readCurrent(store, facts.secretArn, call)).value, facts, call).kind;
  const { secretArn, secretName } = facts;
  const previous = defined({ previousVersionId });
  await publisher.publish(
    { type: "Secret Rotated", secretArn, secretName, versionId, ...previous, origin: "rotation", engine, strategy },
    call,
  );
  return isPromoted ? "already-done" : "done";
}
