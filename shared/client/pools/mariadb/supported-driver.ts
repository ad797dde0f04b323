import { version } from "mariadb";
import { RekeyError } from "../../../errors/rekey-error.ts";

/** The first series whose connections behave as rekey expects; the same range is the package's peer. */
const supported = "3.5.1 to 3.x";

function isInRange(installed: string): boolean {
  const [major = 0, minor = 0, patch = 0] = installed.split(".").map(Number);
  return major === 3 && (minor > 5 || (minor === 5 && patch >= 1));
}

/** Errors: `driver-unsupported`. */
export function assertSupported(installed: unknown = version): void {
  if (typeof installed === "string" && isInRange(installed)) return;
  throw new RekeyError("driver-unsupported", {
    context: { driver: "mariadb", found: typeof installed === "string" ? installed : "unknown", supported },
    hint: "npm install mariadb@3.5",
  });
}
