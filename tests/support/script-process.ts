import { execFile } from "node:child_process";

export interface EndedScript {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a TypeScript file as a process of its own until it ends by itself; it is killed when the signal fires. */
export async function runScript(
  file: URL,
  words: readonly string[],
  { signal }: { readonly signal: AbortSignal },
  variables: Readonly<Record<string, string>> = {},
): Promise<EndedScript> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [file.pathname, ...words],
      { signal, killSignal: "SIGKILL", env: { ...process.env, ...variables } },
      (_error, output, errors) => resolve({ code: child.exitCode, output, errors }),
    );
  });
}
