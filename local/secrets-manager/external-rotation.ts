import type { Members } from "../../shared/answers/members.ts";
import { recordList } from "../aws/members.ts";
import { limitedText, requiredText } from "./input.ts";
import type { ExternalRotation, Secret } from "./secret.ts";

/** A partner rotates a secret that has a type, an AWS service one that it manages; neither of them is emulated. */
export const isRotatedByOthers = ({ state }: Secret): boolean =>
  state.type !== undefined || state.owningService !== undefined;

/** How a partner is to rotate, `undefined` when the request does not say. Errors: `ValidationException`. */
export function externalRotationOf(input: Members): ExternalRotation | undefined {
  const roleArn = limitedText(input, "ExternalSecretRotationRoleArn", { min: 20, max: 2048 });
  const metadata = recordList(input, "ExternalSecretRotationMetadata").map((item) => ({
    Key: requiredText(item, "Key", { min: 1, max: 256 }),
    Value: requiredText(item, "Value", { min: 1, max: 2048 }),
  }));
  if (roleArn === undefined && metadata.length === 0) return undefined;
  return { roleArn, metadata: metadata.length === 0 ? undefined : metadata };
}
