import type { ErrorCode } from "../../errors/codes.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";

const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  "credentials-expired": "log in again (aws sso login), or pass another --profile",
  "credentials-missing": "pass --profile, or log in (aws sso login); pass --region where no region is set",
};

/** What whoever works at a terminal can do besides the error's own hint, if anything. */
export const operatorHint = ({ code }: RekeyError): string | undefined => hints[code];
