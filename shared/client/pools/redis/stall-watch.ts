import { replyCode } from "./login-refusal.ts";
import type { RotatableRedis } from "./supported-client.ts";

export interface StallWatchOptions {
  readonly redis: RotatableRedis;
  /** Between an answer and the next PING. */
  readonly heartbeatMs: number;
  /** For an answer. */
  readonly answerTimeoutMs: number;
  readonly answered: () => void;
  /** Called once for each PING that is not answered in time. */
  readonly stalled: () => void;
}

export interface StallWatch {
  stop(): void;
}

/** A PING that could not be written is tried again so soon. */
const againMs = 500;

/** Asks the server for an answer from time to time, while the client has a connection. */
export function stallWatch({ redis, heartbeatMs, answerTimeoutMs, answered, stalled }: StallWatchOptions): StallWatch {
  let connection = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  redis.on("ready", () => void connection++);
  const after = (ms: number, work: () => void): NodeJS.Timeout => setTimeout(work, ms).unref();

  /** Whether the server answered, with whatever. */
  async function ping(): Promise<boolean> {
    try {
      // The driver's own time limit ends with the write; what it cannot write would count as an answer.
      await redis.sendCommand(["PING"], { timeout: undefined });
      return true;
    } catch (error) {
      return replyCode(error) !== undefined;
    }
  }

  async function watch(): Promise<void> {
    const asked = connection;
    const isSame = (): boolean => !isStopped && redis.isReady && connection === asked;
    const late = after(answerTimeoutMs, () => {
      if (isSame()) stalled();
    });
    while (isSame() && !(await ping()) && isSame()) await new Promise<void>((resolve) => after(againMs, resolve));
    clearTimeout(late);
    if (isSame()) answered();
  }

  function schedule(): void {
    if (isStopped) return;
    timer = after(heartbeatMs, () => void watch().finally(schedule));
  }
  if (heartbeatMs > 0) schedule();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
