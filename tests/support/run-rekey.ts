import { execFile } from "node:child_process";
import { resolve } from "node:path";

export const rekeyMain = resolve(import.meta.dirname, "../../cli/main.ts");

/** What a command printed, and its exit code. */
export interface Transcript {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `rekey` from the source to its end, with these variables and no others. */
export async function runRekey(
  words: readonly string[],
  { env, cwd }: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<Transcript> {
  return new Promise((done) => {
    execFile(process.execPath, [rekeyMain, ...words], { env, cwd }, (error, out, err) =>
      done({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}
