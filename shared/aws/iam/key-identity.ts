import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import type { KeyIdentity } from "../../ports/access-keys.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { isClockOff } from "../errors/clock-skew.ts";
import { awsErrorName } from "../errors/translate-error.ts";
import { iamCall } from "./iam-call.ts";

const refusals: Readonly<Record<string, KeyIdentity>> = {
  InvalidClientTokenId: "unknown",
  SignatureDoesNotMatch: "wrong",
  // The key holds characters that no key has.
  IncompleteSignature: "wrong",
};

/** Who signs with this key, by STS's GetCallerIdentity, which needs no permission. */
export async function keyIdentity(
  stsOf: (key: { readonly accessKeyId: string; readonly secretAccessKey: string }) => STSClient,
  { username, password }: Credential,
  call: CallOptions,
): Promise<KeyIdentity> {
  const sts = stsOf({ accessKeyId: username, secretAccessKey: password.reveal() });
  return iamCall({ operation: "sts:GetCallerIdentity", key: username }, call, async (options) => {
    try {
      const { Arn = "" } = await sts.send(new GetCallerIdentityCommand({}), options);
      return { arn: Arn };
    } catch (error) {
      const refusal = refusals[awsErrorName(error).replace(/Exception$/, "")];
      if (refusal === undefined || isClockOff(error)) throw error;
      return refusal;
    } finally {
      sts.destroy();
    }
  });
}
