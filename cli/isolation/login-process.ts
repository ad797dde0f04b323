import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { AccountNote } from "../../shared/ports/call.ts";
import type { DatabaseSession, Inspection, OwnAccountReading, Rehearsal } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { engineNamed } from "../wiring/engines.ts";
import { type Answer, concealedChange, failureOf, lookMethods, type Question } from "./messages.ts";

/** Below the parent's own limit, so that the engine reports a server that is only slow. */
const answerMs = 25_000;
/** A driver that loops does not hear that the parent is gone; a thread of its own does. */
const watch = `
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), 1_000);
`;

/** No login and no look at a server takes more; what a driver has read it keeps outside of the heap that is limited. */
const mostBytes = 64 * 1_048_576;
const lookEveryMs = 100;

type Look = Inspection & OwnAccountReading & Rehearsal;

let session: (DatabaseSession & Partial<Look>) | undefined;

function able(): DatabaseSession & Look {
  if (session === undefined) throw new TypeError("no session");
  return session as DatabaseSession & Look;
}

async function answerTo(question: Question): Promise<Answer> {
  const call = { signal: AbortSignal.timeout(answerMs) };
  switch (question.ask) {
    case "log in": {
      const { target, username, password, authSource, saslMechanism } = question;
      const { engine } = await engineNamed(target.engine);
      const credential = { username, password: new SecretValue(password), authSource, saslMechanism };
      const login = await engine.login(target, credential, call);
      if (!login.ok) return { of: "refusal", refusal: login.refusal, hint: login.hint };
      const made: DatabaseSession & Partial<Look> = login.session;
      session = made;
      return { of: "session", can: lookMethods.filter((method) => made[method] !== undefined) };
    }
    case "inspect":
      return { of: "facts", facts: await able().inspect(question.usernames, call) };
    case "read own account":
      return { of: "own account", own: await able().readOwnAccount(call) };
    case "rehearse": {
      const notes: AccountNote[] = [];
      await able().rehearse(concealedChange(question.change), { ...call, note: (one) => void notes.push(one) });
      return { of: "rehearsed", notes };
    }
    case "close":
      await session?.[Symbol.asyncDispose]();
      session = undefined;
      return { of: "closed" };
  }
}

const tell = (answer: Answer): void => void process.send?.(answer);

process.on("message", (question: Question) => {
  answerTo(question).then(tell, (error: unknown) => tell(failureOf(error)));
});
process.on("disconnect", () => process.exit());
// Ctrl-C goes to every process of the terminal; the parent decides what ends when.
process.on("SIGINT", () => undefined);
new Worker(watch, { eval: true }).unref();
subscribe("net.client.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  const look = setInterval(() => socket.bytesRead > mostBytes && process.exit(1), lookEveryMs).unref();
  socket.once("close", () => clearInterval(look));
});
tell({ of: "ready" });
