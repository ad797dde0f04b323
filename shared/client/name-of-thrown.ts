import { RekeyError } from "../errors/reading-error.ts";

/** The name of what a callback threw, and nothing else of it: it may hold a value, and be of any kind. */
export function nameOfThrown(thrown: unknown): string {
  try {
    const name: unknown = thrown instanceof Error ? thrown.name : undefined;
    if (typeof name === "string" && /^[A-Za-z]\w{0,63}$/.test(name)) return name;
  } catch {
    // A getter of its own threw.
  }
  return typeof thrown;
}

/** The code that Node, a driver or a server gave it, or else its name. */
export function codeOrName(thrown: unknown): string {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : nameOfThrown(thrown);
}

/** What may be printed of any error: rekey's code, the SDK's or the driver's name or code. Never its message. */
export function failureReason(error: unknown): string {
  if (error instanceof RekeyError) return error.code;
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error && typeof error.code === "string" && error.name === "Error" ? error.code : error.name;
  return /^[\w.:-]{1,80}$/.test(code) ? code : "unknown";
}
