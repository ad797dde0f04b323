import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts a server of Python's that is told to listen on port 0 and says where it then listens. */
export async function startPythonServer(
  file: string,
  flags: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), "rekey-aws-"));
  const child = spawn(file, flags, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: home, PYTHONUNBUFFERED: "1", ...variables },
  });
  const ended = once(child, "close").catch(() => undefined);
  const removeNow = (): void => {
    child.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  };
  process.once("exit", removeNow);
  const stop = async (): Promise<void> => {
    process.off("exit", removeNow);
    child.kill("SIGTERM");
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  let output = "";
  const address = new Promise<string>((resolve) => {
    const streams = [child.stdout, child.stderr];
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const said = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (said === undefined) return;
      for (const stream of streams) stream.off("data", read).resume();
      resolve(said);
    };
    for (const stream of streams) stream.on("data", read);
  });
  const endpoint = await Promise.race([address, ended.then(() => undefined)]);
  if (endpoint !== undefined) return { endpoint, stop };
  await stop();
  throw new Error(`${file} did not start:\n${output}`);
}
