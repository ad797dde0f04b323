import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import type { Credential, DatabaseTarget } from "../../../shared/ports/database-engine.ts";
import { alternateSuffix } from "../../../shared/rotation/strategies/alternating-users.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import type { Account } from "../../../shared/testing/engine-contract/fixture.ts";
import type { Place, Source } from "../live-server.ts";

/** Of a pair that rekey named, the first user; of another user itself. */
export const firstOf = (username: string): string =>
  username.endsWith(alternateSuffix) ? username.slice(0, -alternateSuffix.length) : username;

/** Reads what is there; a source that cannot be read is one without lines. */
export const sourcesOf = async (
  readers: Readonly<Record<string, () => Promise<readonly unknown[]>>>,
): Promise<readonly Source[]> =>
  Promise.all(
    Object.entries(readers).map(async ([name, read]) => {
      const lines = await read().catch(() => undefined);
      const text = (line: unknown): string => (typeof line === "string" ? line : JSON.stringify(line));
      return lines === undefined ? { name } : { name, lines: lines.map(text) };
    }),
  );

const sessionMs = 60_000;

interface Session {
  close(): unknown;
}

/** Logs in; what is no session is a refusal. */
export type Open<One extends Session> = (
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
) => Promise<One | undefined>;

/** Short sessions next to the engine under test: none is left to break when the run is interrupted. */
export interface Sessions<One extends Session> {
  /** Of the administrator. Errors: `credential-refused`, those of the connection. */
  asAdmin<Result>(work: (session: One, call: CallOptions) => Promise<Result>): Promise<Result>;
  /** Of a user of the run. Errors: as above. */
  as<Result>(account: Account, work: (session: One, call: CallOptions) => Promise<Result>): Promise<Result>;
  /** One that stays open until it is closed. */
  stay(account?: Account): Promise<{ readonly session: One; readonly call: CallOptions }>;
  accepts(account: Account): Promise<boolean>;
}

const inTime = (): CallOptions => ({ signal: AbortSignal.timeout(sessionMs) });

export function sessionsOf<One extends Session>({ target, admin }: Place, open: Open<One>): Sessions<One> {
  const credentialOf = ({ username, password }: Account): Credential => ({
    username,
    password: new SecretValue(password),
  });

  async function opened(credential: Credential, call: CallOptions): Promise<One> {
    const session = await open(target, credential, call);
    if (session !== undefined) return session;
    throw new RekeyError("credential-refused", { context: { user: credential.username, host: target.host } });
  }
  async function within<Result>(
    credential: Credential,
    work: (session: One, call: CallOptions) => Promise<Result>,
  ): Promise<Result> {
    const call = inTime();
    const session = await opened(credential, call);
    try {
      return await work(session, call);
    } finally {
      await session.close();
    }
  }
  return {
    asAdmin: async (work) => within(admin, work),
    as: async (account, work) => within(credentialOf(account), work),
    async stay(account) {
      const call = inTime();
      return { session: await opened(account === undefined ? admin : credentialOf(account), call), call };
    },
    async accepts(account) {
      const session = await open(target, credentialOf(account), inTime()).catch(() => undefined);
      await session?.close();
      return session !== undefined;
    },
  };
}
