import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Waits until its input ends, which it does however rekey ends, then removes the files and stops the program that rekey
 * named last. A shell takes a megabyte, where a second Node takes forty.
 */
const script = `
trap '' HUP INT QUIT TERM USR1 USR2 TSTP
sig=$1; grace=$2; folder=$3; shift 3
target=
while IFS= read -r line; do target=$line; done
rm -f -- "$@"; rm -rf -- "$folder"
[ -n "$target" ] || exit 0
kill -s "$sig" -- "$target" 2>/dev/null || exit 0
while [ "$grace" -gt 0 ] && kill -s 0 -- "$target" 2>/dev/null; do sleep 1; grace=$((grace - 1)); done
kill -s KILL -- "$target" 2>/dev/null
exit 0
`;

export interface Guard {
  /** Which process, or group as a negative number, runs now; `undefined`: none. */
  watch(target: number | undefined): void;
  /** Settles when nothing of it is left. */
  end(): Promise<void>;
}

/** The script's programs are found also where rekey's own path names none of them. */
const path = ["/usr/bin", "/bin", process.env["PATH"]].filter(Boolean).join(":");

/** `undefined` where there is no shell. `lost`: it ended by itself, so that nothing guards any more. */
export async function startGuard(
  { folder, paths }: { readonly folder: string; readonly paths: readonly string[] },
  { stopSignal, graceMs }: { readonly stopSignal: NodeJS.Signals; readonly graceMs: number },
  lost: () => void,
): Promise<Guard | undefined> {
  const words = [stopSignal.slice("SIG".length), String(Math.ceil(graceMs / 1_000)), folder, ...paths];
  const shell = spawn("/bin/sh", ["-c", script, "rekey-guard", ...words], {
    // A session of its own: what ends rekey's group or its terminal does not end it.
    detached: true,
    cwd: "/",
    env: { PATH: path },
    stdio: ["pipe", "ignore", "ignore"],
  });
  try {
    await once(shell, "spawn");
  } catch {
    return undefined;
  }
  let isEnding = false;
  const ended = once(shell, "exit");
  shell.once("exit", () => {
    if (!isEnding) lost();
  });
  shell.stdin.on("error", () => undefined);
  return {
    watch: (target) => void shell.stdin.write(`${target ?? ""}\n`),
    async end() {
      isEnding = true;
      shell.stdin.end();
      await ended;
    },
  };
}
