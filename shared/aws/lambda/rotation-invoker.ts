import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { codes, type ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationInvoker } from "../../ports/rotation.ts";

const isCode = (text: string): text is ErrorCode => Object.hasOwn(codes, text);

/** A rekey function's error begins with its code: `grace-not-over: …`. Nothing else of the answer is kept. */
function codeIn(payload: Uint8Array | undefined): ErrorCode {
  try {
    const { errorMessage }: { readonly errorMessage?: unknown } = {
      ...JSON.parse(Buffer.from(payload ?? []).toString()),
    };
    const [code = ""] = typeof errorMessage === "string" ? errorMessage.split(":") : [];
    if (isCode(code)) return code;
  } catch {
    // A function that died answers with another text.
  }
  return "rotation-function-failed";
}

/** Invokes rotation functions as Secrets Manager does, and waits for the answer. */
export function lambdaRotation(client: LambdaClient): RotationInvoker {
  return {
    async invoke(functionArn, { step, secretId, versionId, adopted }, { signal }) {
      const event = { Step: step, SecretId: secretId, ClientRequestToken: versionId, Adopted: adopted };
      const context = { function: functionArn, secret: secretId, version: versionId };
      const command = new InvokeCommand({ FunctionName: functionArn, Payload: Buffer.from(JSON.stringify(event)) });
      const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        const reason = error instanceof Error ? error.name : "unknown";
        const code = signal.aborted ? "time-budget-spent" : "rotation-function-failed";
        throw new RekeyError(code, { context: { ...context, reason } });
      });
      if (answer.FunctionError !== undefined) throw new RekeyError(codeIn(answer.Payload), { context });
    },
  };
}
