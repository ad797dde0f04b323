import { operatorCodes } from "./codes/operators.ts";
import { clientCodes } from "./codes/client.ts";
import { connectionCodes } from "./codes/connections.ts";
import { distributionCodes } from "./codes/distribution.ts";
import { readingCodes } from "./codes/reading.ts";
import { rotationCodes } from "./codes/rotation.ts";
import { serversCodes } from "./codes/servers.ts";

/** The one table of error codes. `docs/reference/errors.md` is generated from it; a test raises every row. */
export const codes = {
  ...rotationCodes,
  ...readingCodes,
  ...clientCodes,
  ...connectionCodes,
  ...serversCodes,
  ...distributionCodes,
  ...operatorCodes,
};

export type ErrorCode = keyof typeof codes;
