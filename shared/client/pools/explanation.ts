import type { ErrorCode } from "../../errors/codes.ts";

/** Why a connection was not made, where more is known than the driver's error says. Names, codes and numbers only. */
export interface Explanation {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number | undefined>>;
  readonly hint?: string;
}
