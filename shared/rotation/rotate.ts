import { RekeyError } from "../errors/rekey-error.ts";
import type { RotationDependencies } from "./dependencies.ts";
import type { Invocation, InvocationCalls } from "./invocation.ts";
import type { CallOptions } from "../ports/call.ts";
import type { RotationRequest, RotationStep, StepOutcome } from "../ports/rotation.ts";
import type { RotationEvent } from "../events/rotation-event.ts";
import { secretNameIn } from "./secret-name.ts";
import { createSecret } from "./steps/create-secret.ts";
import { finishSecret } from "./steps/finish-secret.ts";
import { retirePrevious } from "./steps/retire-previous.ts";
import { setSecret } from "./steps/set-secret.ts";
import { testSecret } from "./steps/test-secret.ts";

const steps: Readonly<Record<RotationStep, typeof createSecret>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
  retirePrevious,
};

export interface RotationWiring extends Omit<RotationDependencies, "tlsCa"> {
  /** Reads `tlsCa` before each step. */
  readonly readTlsCa?: (call: CallOptions) => Promise<string | undefined>;
}

/**
 * Runs one step of Secrets Manager's rotation protocol, or `retirePrevious`. Idempotent by VersionId: a step may be repeated, cut at any point
 * or run twice at once, and the next try converges. A failure that a repetition cannot fix is also published as
 * `Secret Rotation Failed`. Errors: `RekeyError`; anything else is a fault of rekey itself.
 */
export async function rotate(
  deps: RotationWiring,
  request: RotationRequest,
  calls: InvocationCalls,
): Promise<StepOutcome> {
  try {
    const { work: call } = calls;
    const tlsCa = await deps.readTlsCa?.(call);
    const invocation: Invocation = { ...deps, tlsCa, request, call, progress: deps.memory.progressOf(request) };
    return await steps[request.step](invocation);
  } catch (error) {
    if (error instanceof RekeyError && error.disposition !== "retry") {
      await tellFailure(deps, request, { code: error.code, disposition: error.disposition }, calls);
    }
    throw error;
  }
}

async function tellFailure(
  deps: Pick<RotationDependencies, "publisher" | "report">,
  request: RotationRequest,
  { code, disposition }: Pick<RotationEvent & { readonly type: "Secret Rotation Failed" }, "code" | "disposition">,
  calls: InvocationCalls,
): Promise<void> {
  const { secretId, versionId, step } = request;
  const event = {
    type: "Secret Rotation Failed",
    secretArn: secretId,
    secretName: secretNameIn(secretId),
    versionId,
    step,
    code,
    disposition,
  } as const;
  try {
    await deps.publisher.publish(event, calls.tell);
  } catch (error) {
    const reason = error instanceof RekeyError ? error.code : "internal-fault";
    deps.report("the failure could not be published", { secret: secretId, version: versionId, reason });
  }
}
