import { setTimeout as delay } from "node:timers/promises";
import type { SecretClient } from "../../../shared/client/secret-client.ts";
import { type Delivery, isSameDelivery, readDelivery } from "./delivery.ts";
import type { ExecLog } from "./exec-log.ts";
import type { Guard } from "./guard.ts";
import type { News } from "./news.ts";
import { notFoundCode, type Program, startProgram } from "./program.ts";
import type { ProgramSignals } from "./program-signals.ts";
import type { ExecPlan } from "./read-plan.ts";
import { runCommand } from "./rotation-command.ts";
import type { RunFiles } from "./run-files.ts";

export interface Supervision {
  readonly plan: ExecPlan;
  readonly client: SecretClient;
  readonly files: RunFiles;
  readonly guard: Guard | undefined;
  readonly signals: ProgramSignals;
  readonly news: News;
  readonly log: ExecLog;
}

/** Between two restarts, at least: a secret that changes all the time leaves the program time to work. */
const calmMs = 5_000;
/** For a newer version, while no program runs. */
const longestLookMs = 1_000;

/** A program that runs, and the versions that it has. */
class Supervisor {
  readonly #parts: Supervision;
  #delivered: Delivery;
  #startedAtMs = 0;

  constructor(parts: Supervision, first: Delivery) {
    this.#parts = parts;
    this.#delivered = first;
  }

  async start(): Promise<Program | number> {
    const { plan, signals, guard, log } = this.#parts;
    const { command, words } = plan;
    const { variables } = this.#delivered;
    const program = await startProgram({ command, words, variables, ownGroup: !signals.hasTerminal });
    this.#startedAtMs = performance.now();
    if (typeof program === "number") {
      log.say(program === notFoundCode ? `${command} is not there` : `${command} cannot be run`);
      return program;
    }
    guard?.watch(program.group);
    const asked = signals.asked();
    signals.passTo(program);
    // It came while there was no program.
    if (asked !== undefined) program.signalGroup(plan.stopSignal);
    return program;
  }

  /** What is newer than the program has, its files in place. `undefined`: nothing, or it cannot be had now. */
  async newer(): Promise<Delivery | undefined> {
    const { client, plan, files, news, log } = this.#parts;
    try {
      const delivery = await readDelivery(client, plan, files);
      news.settle();
      return isSameDelivery(delivery, this.#delivered) ? undefined : delivery;
    } catch (error) {
      log.failed("the program keeps what it has", error);
      news.tellLater();
      return undefined;
    }
  }

  /** Whether the files of this delivery are in place. */
  take(delivery: Delivery): boolean {
    const { files, news, log } = this.#parts;
    try {
      files.write(delivery.contents);
    } catch (error) {
      log.failed("the program keeps what it has", error);
      news.tellLater();
      return false;
    }
    this.#delivered = delivery;
    log.recovered();
    return true;
  }

  /** How long a rotation that was just found waits. */
  pauseMs(): number {
    const { spreadMs, onRotation } = this.#parts.plan;
    const calm = onRotation.kind === "restart" ? this.#startedAtMs + calmMs - performance.now() : 0;
    return Math.max(calm, Math.random() * spreadMs, 0);
  }

  /** Brings what was taken to the program. The program that runs then, or the exit code. */
  async act(program: Program): Promise<Program | number> {
    const { plan, log } = this.#parts;
    const { onRotation } = plan;
    switch (onRotation.kind) {
      case "none":
        log.say("rotated: the files are replaced");
        return program;
      case "signal":
        log.say(`rotated: ${onRotation.signal} to the program`);
        program.notify(onRotation.signal);
        return program;
      case "command":
        log.say("rotated: the command runs");
        await runCommand(
          onRotation.command,
          { ...this.#delivered.variables, REKEY_PROGRAM_PID: `${program.pid}` },
          log,
        );
        return program;
      case "restart":
        log.say("rotated: the program is restarted");
        return this.#restart(program);
    }
  }

  async #restart(program: Program): Promise<Program | number> {
    const { plan, signals, guard } = this.#parts;
    signals.forget();
    await program.stop(plan.stopSignal, plan.graceMs);
    guard?.watch(undefined);
    signals.passTo(undefined);
    // What came while it stopped: one restart is enough for both. A source that is slow now does not hold it up.
    const newer = await Promise.race([this.newer(), delay(longestLookMs, undefined, { ref: false })]);
    if (newer !== undefined) this.take(newer);
    return signals.asked() ?? this.start();
  }
}

/** Runs the program to its end, whose exit code this is. Errors: none; what fails is logged, and the program goes on. */
export async function supervise(parts: Supervision, first: Delivery): Promise<number> {
  const { news, plan, guard } = parts;
  const supervisor = new Supervisor(parts, first);
  let program = await supervisor.start();
  while (typeof program !== "number") {
    const running: Program = program;
    const code = await Promise.race([running.ended, news.next()]);
    if (typeof code === "number") {
      // What the program left behind in its group has its secrets.
      await running.stop(plan.stopSignal, plan.graceMs);
      guard?.watch(undefined);
      return code;
    }
    if ((await supervisor.newer()) === undefined) continue;
    await Promise.race([running.ended, delay(supervisor.pauseMs(), undefined, { ref: false })]);
    if (running.hasEnded()) continue;
    const newest = await supervisor.newer();
    if (newest === undefined || running.hasEnded() || !supervisor.take(newest)) continue;
    program = await supervisor.act(running);
  }
  return program;
}
