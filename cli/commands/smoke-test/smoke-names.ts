import { randomInt } from "node:crypto";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";

/** What a run makes, by names that follow from its id, so that a run that was killed can be cleaned up. */
export interface SmokeNames {
  readonly id: string;
  readonly bucket: string;
  /** What every secret's name begins with. */
  readonly secretPrefix: string;
  secret(variant: string): string;
  stack(part: string): string;
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
export const newSmokeId = (): string => Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join("");

/** Errors: `option-invalid`. */
export function smokeNames(id: string): SmokeNames {
  if (!/^[a-z0-9]{8}$/.test(id)) {
    const hint = "use the id that the run printed first: eight small letters and digits";
    throw new RekeyError("option-invalid", { context: { option: "clean-up", value: id }, hint });
  }
  const prefix = `rekey-smoke-${id}`;
  return {
    id,
    bucket: prefix,
    secretPrefix: `${prefix}/`,
    secret: (variant) => `${prefix}/${variant}`,
    stack: (part) => `${prefix}-${part}`,
  };
}
