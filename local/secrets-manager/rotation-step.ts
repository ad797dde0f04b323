import type { FunctionInvoker, FunctionOutcome } from "../aws/service.ts";
import type { Rotation, RotationStep, Secret } from "./secret.ts";

/** One step as it was run: ids only. */
export interface StepReport {
  readonly step: RotationStep;
  readonly secretArn: string;
  readonly versionId: string;
  readonly durationMs: number;
  /** The type of the error that the step ended with. */
  readonly error?: string;
}

export interface StepOptions {
  readonly accountId: string;
  readonly functions: FunctionInvoker;
  readonly onStep: (report: StepReport) => void;
}

/** Whether Secrets Manager may invoke the function for this secret. */
export const mayInvoke = ({ functions, accountId }: StepOptions, secret: Secret, lambdaArn: string): boolean =>
  functions.mayInvoke(lambdaArn, "secretsmanager.amazonaws.com", secret.arn, accountId);

async function invoke(
  options: StepOptions,
  lambdaArn: string,
  secret: Secret,
  event: object,
): Promise<FunctionOutcome> {
  if (!mayInvoke(options, secret, lambdaArn)) {
    return { ok: false, errorType: "AccessDeniedException", errorMessage: "" };
  }
  return options.functions.invoke(lambdaArn, event).catch((error: unknown) => ({
    ok: false,
    errorType: error instanceof Error ? error.name : "Error",
    errorMessage: "",
  }));
}

/** Invokes the function for one step and reports it. Whether it succeeded; if not, the rotation keeps why. */
export async function runStep(
  options: StepOptions,
  secret: Secret,
  rotation: Rotation,
  lambdaArn: string,
  step: RotationStep,
): Promise<boolean> {
  const { versionId, rotationToken } = rotation;
  const startedMs = performance.now();
  const outcome = await invoke(options, lambdaArn, secret, {
    Step: step,
    SecretId: secret.arn,
    ClientRequestToken: versionId,
    RotationToken: rotationToken,
  });
  const report = { step, secretArn: secret.arn, versionId, durationMs: performance.now() - startedMs };
  options.onStep(outcome.ok ? report : { ...report, error: outcome.errorType });
  rotation.failure = outcome.ok ? undefined : { step, error: outcome.errorType };
  return outcome.ok;
}
