import { type Agent, get } from "node:http";
import { expect } from "vitest";

export interface Answer {
  readonly status: number | "no answer";
}

/** How long a request may take, before it counts as one without an answer. */
const longestMs = 25_000;

/** One request: on a connection of its own, or on those of an agent. */
export async function request(port: number, agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve) => {
    const asking = get({ host: "127.0.0.1", port, path: "/", agent, timeout: longestMs }, (answer) => {
      answer.resume().once("end", () => resolve({ status: answer.statusCode ?? 0 }));
    });
    asking.once("timeout", () => asking.destroy()).once("error", () => resolve({ status: "no answer" }));
  });
}

export interface RequestLoad {
  /** Every answer so far. */
  readonly answers: readonly Answer[];
  /** Waits until more than so many answers have come since now. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Asks all the time, each the next request once it has an answer; what takes no connections any more ends it. */
export function requestAllTheTime(port: number, workers: number): RequestLoad {
  const answers: Answer[] = [];
  let running = true;
  const worker = async (): Promise<void> => {
    while (running) {
      const answer = await request(port);
      answers.push(answer);
      if (answer.status === "no answer") return;
    }
  };
  const working = Array.from({ length: workers }, worker);
  return {
    answers,
    async more(count) {
      const before = answers.length;
      await expect.poll(() => answers.length, { timeout: 60_000 }).toBeGreaterThan(before + count);
    },
    async stop() {
      running = false;
      await Promise.all(working);
    },
  };
}
