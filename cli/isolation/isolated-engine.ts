import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  Login,
  OwnAccountReading,
  Rehearsal,
} from "../../shared/ports/database-engine.ts";
import type { LoginProcess, LoginProcesses } from "./login-processes.ts";
import { type Answer, type LookMethod, revealedChange } from "./messages.ts";
import { defined } from "../../shared/secrets/defined.ts";

/** A connection that is closed in order has so long; then its process is killed. */
const closeMs = 3_000;

const unexpected = ({ of }: Answer): RekeyError =>
  new RekeyError("internal-fault", { context: { name: `login process: ${of}` } });

type Looking = DatabaseSession & Partial<Inspection & OwnAccountReading & Rehearsal>;

function sessionOf(process: LoginProcess, can: readonly LookMethod[]): Looking {
  const methods: Inspection & OwnAccountReading & Rehearsal = {
    async inspect(usernames, call) {
      const answer = await process.ask({ ask: "inspect", usernames }, call);
      if (answer.of !== "facts") throw unexpected(answer);
      return answer.facts;
    },
    async readOwnAccount(call) {
      const answer = await process.ask({ ask: "read own account" }, call);
      if (answer.of !== "own account") throw unexpected(answer);
      return answer.own;
    },
    async rehearse(change, call) {
      const answer = await process.ask({ ask: "rehearse", change: revealedChange(change) }, call);
      if (answer.of !== "rehearsed") throw unexpected(answer);
      for (const note of answer.notes) call.note?.(note);
    },
  };
  return {
    ...Object.fromEntries(can.map((method) => [method, methods[method]])),
    async [Symbol.asyncDispose]() {
      await process.ask({ ask: "close" }, { signal: AbortSignal.timeout(closeMs) }).then(
        () => process.release(),
        () => process.kill(),
      );
    },
  };
}

/**
 * The same engine for those who change nothing: it logs in, inspects and rehearses, each connection in a process of its own
 * that can be killed. It has nothing else of the engine's, so that no tool changes a server through it. Errors: those of the engine's
 * login; `time-budget-spent`, `server-misbehaved`, `internal-fault` as `LoginProcess` has them.
 */
export function isolatedEngine(engine: DatabaseEngine, processes: LoginProcesses): DatabaseEngine {
  const { capabilities, names, defaultPort, defaultDatabase, maxUsernameBytes } = engine;
  const { plannedStatements, passwordHash, dualMechanism, isExperimental } = engine;
  return {
    capabilities,
    names,
    defaultPort,
    defaultDatabase,
    maxUsernameBytes,
    ...defined({ plannedStatements, passwordHash, dualMechanism, isExperimental }),
    async login(target, { password, username, authSource, saslMechanism }, call): Promise<Login<DatabaseSession>> {
      const process = processes.to(target);
      const credential = { username, password: password.reveal(), authSource, saslMechanism };
      const question = { ask: "log in", target, ...credential } as const;
      const answer = await process.ask(question, call);
      if (answer.of === "session") return { ok: true, session: sessionOf(process, answer.can) };
      process.release();
      if (answer.of === "refusal") return { ok: false, refusal: answer.refusal, hint: answer.hint };
      throw unexpected(answer);
    },
  };
}
