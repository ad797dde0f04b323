import { RekeyError } from "../../../errors/rekey-error.ts";
import { isRefusal } from "./login-refusal.ts";
import type { Login, RedisLogin } from "./redis-login.ts";
import { assertRotatable, type RotatableRedis } from "./supported-client.ts";

export interface ProbingOptions {
  readonly createClient: (login: RedisLogin) => RotatableRedis;
  readonly server: Omit<RedisLogin, "credentialsProvider">;
  readonly timeoutMs: number;
  readonly secretId: string;
}

export interface Probing {
  /** Whether the server takes the login. Errors: the driver's, `time-budget-spent`, `option-invalid`. */
  accepts(login: Login): Promise<boolean>;
  /** Whether the server says that the connection of that id waits in a command that blocks, such as BLPOP. */
  isBlocked(login: Login, id: number): Promise<boolean>;
}

const neverAgain = (_retries: number, cause: Error): Error => cause;

/** Questions that need a connection of their own. */
export function probing({ createClient, server, timeoutMs, secretId }: ProbingOptions): Probing {
  async function ask<Answer>(login: Login, question: (probe: RotatableRedis) => Promise<Answer>): Promise<Answer> {
    const credentialsProvider = { type: "async-credentials-provider", credentials: async () => login } as const;
    const { signal: _signal, ...socket } = server.socket;
    const options = {
      ...server,
      socket: { ...socket, reconnectStrategy: neverAgain },
      credentialsProvider,
    } as RedisLogin;
    const probe = createClient(options);
    assertRotatable(probe, options);
    let failure: Error | undefined;
    const fail = (error: Error): void => {
      failure ??= error;
      if (probe.isOpen) probe.destroy();
    };
    probe.on("error", fail);
    const unanswered = new RekeyError("time-budget-spent", { context: { secret: secretId, timeoutMs } });
    const late = setTimeout(() => fail(unanswered), timeoutMs);
    try {
      await probe.connect();
      const answer = await question(probe);
      if (failure !== undefined) throw failure;
      return answer;
    } catch (error) {
      throw failure ?? error;
    } finally {
      clearTimeout(late);
      if (probe.isOpen) probe.destroy();
    }
  }

  return {
    async accepts(login) {
      try {
        return await ask(login, async () => true);
      } catch (error) {
        if (isRefusal(error)) return false;
        throw error;
      }
    },
    async isBlocked(login, id) {
      try {
        const listed = await ask(login, async (probe) => probe.sendCommand(["CLIENT", "LIST", "ID", `${id}`]));
        return /\bflags=[A-Za-z]*b/.test(String(listed));
      } catch {
        return false;
      }
    },
  };
}
