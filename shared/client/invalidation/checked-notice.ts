import { RekeyError } from "../../errors/reading-error.ts";
import type { SecretNotice } from "./invalidation-source.ts";

/** The longest ARN. */
export const longestId = 2_048;
/** More than the longest VersionId. */
const longestVersion = 256;

export const isText = (value: unknown, mostCharacters: number): value is string =>
  typeof value === "string" && value !== "" && value.length <= mostCharacters;

/** Of these ids everything is a text that a secret or a version may have. Errors: `option-invalid`, naming the first that is not. */
export function checkedSecretId(option: string, value: unknown): string {
  if (isText(value, longestId)) return value;
  throw new RekeyError("option-invalid", {
    context: { option, problem: `not a text of 1 to ${longestId} characters` },
    hint: "give the secret's name or ARN",
  });
}

/**
 * A notice of whatever gave it, which may be anybody who may write to a queue, as the cache takes it. A time or a flag of
 * another kind counts as none. Errors: `option-invalid`.
 */
export function checkedNotice(notice: unknown): SecretNotice {
  const { secretArn, versionId, previousVersionId, atMs, replacedStillWorks }: Readonly<Record<string, unknown>> =
    typeof notice === "object" && notice !== null ? { ...notice } : {};
  const id = checkedSecretId("secretArn", secretArn);
  if (!isText(versionId, longestVersion)) {
    throw new RekeyError("option-invalid", {
      context: { option: "versionId", secret: id, problem: `not a text of 1 to ${longestVersion} characters` },
      hint: "name the version that is current now",
    });
  }
  return {
    secretArn: id,
    versionId,
    ...(isText(previousVersionId, longestVersion) && { previousVersionId }),
    ...(typeof atMs === "number" && { atMs }),
    ...(replacedStillWorks === true && { replacedStillWorks }),
  };
}
