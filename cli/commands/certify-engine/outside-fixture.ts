import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isMembers } from "../../../shared/answers/members.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { EngineFixture } from "../../../shared/testing/engine-contract/fixture.ts";

const isFixture = (value: unknown): value is EngineFixture =>
  isMembers(value) &&
  typeof value["start"] === "function" &&
  isMembers(value["engine"]) &&
  isMembers(value["strategies"]) &&
  Array.isArray(value["variants"]) &&
  value["variants"].length > 0;

const invalid = (problem: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option: "module", problem },
    hint: "export an EngineFixture of rekey/testing/engine-contract",
  });

/** The fixture that a module exports. Its code is run. Errors: `option-invalid`. */
export async function outsideFixture(module: string): Promise<EngineFixture> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(pathToFileURL(resolve(module)).href)) as typeof exported;
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    throw invalid(`it cannot be loaded${typeof code === "string" ? ` (${code})` : ""}`);
  }
  const fixture = Object.values(exported).find(isFixture);
  if (fixture !== undefined) return fixture;
  throw invalid("it exports no EngineFixture");
}
