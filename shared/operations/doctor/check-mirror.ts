import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { MirrorProbe } from "../../ports/mirror.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { isMirrored } from "../mirroring/is-mirrored.ts";
import { type CheckResult, checkResult, failedCheck } from "./check-results.ts";

/** An error of a check is what the check found. */
export async function asResults(check: () => Promise<readonly CheckResult[]>): Promise<readonly CheckResult[]> {
  try {
    return await check();
  } catch (error) {
    if (isRekeyError(error)) return [failedCheck(error)];
    throw error;
  }
}

export async function checkMirror(
  mirror: Pick<MirrorProbe, "probe">,
  description: SecretDescription,
  call: CallOptions,
): Promise<readonly CheckResult[]> {
  if (!isMirrored(description)) return [];
  const { secretArn, name, tags } = description;
  const { path, mayWrite } = await mirror.probe({ secretArn, secretName: name, tags }, call);
  return mayWrite ? [] : [checkResult("mirror-path-denied", { path })];
}
