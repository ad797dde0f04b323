import type { Finding } from "../shared/operations/doctor/findings.ts";
import { doctor } from "../shared/operations/doctor/doctor.ts";
import type { CallOptions } from "../shared/rotation/ports.ts";
import { composeFor } from "./composition.ts";

function describe({ code, severity, meaning, remedy, detail }: Finding): string {
  const facts = Object.entries(detail).map(([name, value]) => `${name}=${String(value)}`);
  return [`${severity.padEnd(7)}  ${code}: ${meaning}`, ...(facts.length > 0 ? [facts.join(" ")] : []), remedy].join(
    "\n         ",
  );
}

/** Prints what would make the secret's next rotation fail or hurt. Returns the exit code: 1 when it would fail. */
export async function doctorCommand(
  secretId: string,
  options: { readonly json: boolean },
  call: CallOptions,
): Promise<number> {
  const { deps, account } = await composeFor(secretId, process.env, call);
  const findings = await doctor({ rotation: deps, account }, secretId, call);
  if (options.json) console.log(JSON.stringify(findings, undefined, 2));
  else if (findings.length === 0) console.log(`${secretId}: nothing found, its next rotation will go well`);
  else console.log(findings.map(describe).join("\n\n"));
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}
