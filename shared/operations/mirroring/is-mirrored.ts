import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { mirrorTag } from "../../tags/tag-names.ts";

/** Whether a secret is to be in the mirror: unless it is deleted or tagged `rekey:mirror=false`. Errors: `option-invalid`. */
export function isMirrored({ secretArn, tags, deletedAt }: SecretDescription): boolean {
  const tag = tags.get(mirrorTag) ?? "true";
  if (tag !== "true" && tag !== "false") {
    throw new RekeyError("option-invalid", {
      context: { secret: secretArn, option: mirrorTag },
      hint: "use true or false",
    });
  }
  return deletedAt === undefined && tag === "true";
}
