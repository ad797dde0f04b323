import { doctor } from "../shared/operations/doctor/doctor.ts";
import type { CallOptions } from "../shared/rotation/ports.ts";
import { composeFor } from "./composition.ts";
import { findingText } from "./finding-text.ts";

/** Prints what would make the secret's next rotation fail or hurt. Returns the exit code: 1 when it would fail. */
export async function doctorCommand(
  secretId: string,
  options: { readonly json: boolean },
  call: CallOptions,
): Promise<number> {
  const { deps, account, mirror } = await composeFor(secretId, process.env, call);
  const findings = await doctor(
    { rotation: deps, account, ...(mirror === undefined ? {} : { mirror }) },
    secretId,
    call,
  );
  if (options.json) console.log(JSON.stringify(findings, undefined, 2));
  else if (findings.length === 0) console.log(`${secretId}: nothing found, its next rotation will go well`);
  else console.log(findings.map(findingText).join("\n\n"));
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}
