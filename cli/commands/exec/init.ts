import { accessSync, constants } from "node:fs";

/**
 * Node.js waits for its own children alone, so that as process 1 it leaves every orphan a zombie. A shell reaps them all: as
 * process 1 rekey puts a shell in its place, which runs rekey, passes signals on to it and ends with its code. When rekey is
 * killed, it gives the guard the time that it needs: all that is left ends with process 1.
 */
const script = `
left=$1; shift
child=; early=; got=
for s in HUP INT QUIT TERM USR1 USR2 CONT WINCH; do
  trap "got=1; early=$s; [ -z \\"\\$child\\" ] || kill -s $s \\"\\$child\\" 2>/dev/null" $s
done
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&- </dev/null
[ -z "$early" ] || kill -s "$early" "$child" 2>/dev/null
while :; do
  got=
  wait "$child"; code=$?
  [ -n "$got" ] || break
  kill -s 0 "$child" 2>/dev/null && continue
  wait "$child" 2>/dev/null; again=$?
  [ "$again" -eq 127 ] || code=$again
  break
done
if [ "$code" -eq 137 ]; then
  while [ "$left" -gt 0 ] && kill -s 0 -- -1 2>/dev/null; do PATH=/usr/bin:/bin:$PATH sleep 1; left=$((left - 1)); done
fi
exit "$code"
`;

const shell = "/bin/sh";
const marginSeconds = 2;

type Replace = (file: string, words: readonly string[], variables: NodeJS.ProcessEnv) => void;

/** Does not return where it could put the shell in its place. Else whether orphans are nobody's. */
export function becomeInit(graceMs: number): "not-needed" | "not-possible" {
  if (process.pid !== 1) return "not-needed";
  // Node.js 22.15 and newer.
  const replace: unknown = Reflect.get(process, "execve");
  try {
    accessSync(shell, constants.X_OK);
  } catch {
    return "not-possible";
  }
  if (typeof replace !== "function") return "not-possible";
  const seconds = String(Math.ceil(graceMs / 1_000) + marginSeconds);
  const itself = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  (replace as Replace).call(process, shell, ["sh", "-c", script, "rekey-init", seconds, ...itself], process.env);
  return "not-possible";
}
