import { memberAt } from "../answers/member-at.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { leaseSeconds } from "./lease-seconds.ts";
import { isPolicyDenial, type Refusal, refused } from "./vault-answer.ts";
import { loginRequest, usableLogin, type VaultLogin } from "./vault-login.ts";
import type { VaultAnswer, VaultClient, VaultRequest } from "./vault-client.ts";

interface Lease {
  readonly token: SecretValue;
  readonly renewable: boolean;
  readonly lifeMs: number;
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

const misbehaved = (problem: string): RekeyError =>
  new RekeyError("server-misbehaved", {
    context: { operation: "login", problem },
    hint: "check that the address is Vault's own, and what stands between",
  });

/** A lease of no seconds never ends: a root token's. */
function lease(token: SecretValue, stated: unknown, renewable: unknown): Lease {
  const seconds = leaseSeconds(stated ?? 0);
  if (seconds === undefined) throw misbehaved("a token's life that is no number of seconds");
  const lifeMs = seconds > 0 ? seconds * 1000 : Infinity;
  const nowMs = Date.now();
  return {
    token,
    renewable: renewable === true,
    lifeMs,
    renewAtMs: nowMs + (lifeMs * 2) / 3,
    endsAtMs: nowMs + lifeMs,
  };
}

interface Opening {
  readonly client: VaultClient;
  readonly login: VaultLogin;
  readonly refusal: Refusal;
}

function grantedLease(answer: VaultAnswer): Lease | undefined {
  const token = memberAt(answer.body, "auth", "client_token");
  if (answer.status !== 200 || typeof token !== "string") return undefined;
  if (!/^[\x21-\x7e]{1,16384}$/.test(token)) throw misbehaved("a token that cannot stand in a header");
  const seconds = memberAt(answer.body, "auth", "lease_duration");
  return lease(new SecretValue(token), seconds, memberAt(answer.body, "auth", "renewable"));
}

/** Whether the life that Vault stated is over. */
const isOver = (lease: Lease | undefined): boolean => lease !== undefined && Date.now() >= lease.endsAtMs;

async function open({ client, login, refusal }: Opening, old?: Lease): Promise<Lease> {
  if (login.method === "token") {
    const answer = await client({ verb: "read", path: "auth/token/lookup-self", token: login.token });
    if (isPolicyDenial(answer)) return lease(login.token, 0, false);
    if (answer.status !== 200) throw refusal(answer, "login", undefined, isOver(old));
    return lease(login.token, memberAt(answer.body, "data", "ttl"), memberAt(answer.body, "data", "renewable"));
  }
  const answer = await client({ verb: "write", ...(await loginRequest(login)) });
  const granted = grantedLease(answer);
  if (granted === undefined) throw refusal(answer, "login");
  return granted;
}

/** The same token for longer. A lease that is over, that nears its max TTL or cannot be renewed is opened anew. */
async function renew(opening: Opening, old: Lease): Promise<Lease> {
  const { client, refusal } = opening;
  if (!old.renewable) return open(opening, old);
  const answer = await client({ verb: "write", path: "auth/token/renew-self", body: {}, token: old.token });
  if (answer.status === 400 || answer.status === 403) return open(opening, old);
  const renewed = grantedLease(answer);
  if (renewed === undefined) throw refusal(answer, "renew");
  return renewed.lifeMs < old.lifeMs / 2 ? open(opening, old) : renewed;
}

const tooLate = (): RekeyError => new RekeyError("time-budget-spent", { context: { operation: "login" } });

async function untilAborted<T>(work: Promise<T>, { signal }: CallOptions): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(tooLate());
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Sends requests with a token that is opened at the first one and renewed once two thirds of its life are over, at the
 * next request: a function that is frozen between invocations has no timers. Requests at the same time share one login,
 * which is bounded by the client's time-out and not by the signal of whoever came first. After Vault has refused the
 * token itself, every method but `token` logs in again, once per request. Errors: those of the client and of the login,
 * `mirror-unauthorized`, `mirror-unavailable`, or those of another `refusal`; `option-invalid` at once for a token that cannot be one.
 */
export function vaultSession(
  client: VaultClient,
  given: VaultLogin,
  refusal: Refusal = refused,
): (request: VaultRequest, call: CallOptions) => Promise<VaultAnswer> {
  const login = usableLogin(given);
  const how = { client, login, refusal };
  let held: Lease | undefined;
  let opening: Promise<Lease> | undefined;

  async function refresh(): Promise<Lease> {
    try {
      held = held === undefined ? await open(how) : await renew(how, held);
      return held;
    } finally {
      opening = undefined;
    }
  }
  const valid = async (call: CallOptions): Promise<Lease> => {
    if (held !== undefined && Date.now() < held.renewAtMs) return held;
    if (call.signal.aborted) throw tooLate();
    opening ??= refresh();
    return untilAborted(opening, call);
  };

  return async (request, call) => {
    const first = await valid(call);
    const answer = await client({ ...request, token: first.token }, call);
    if (answer.status !== 403 || isPolicyDenial(answer)) return answer;
    if (login.method === "token") {
      if (isOver(first)) throw refusal(answer, "login", undefined, true);
      return answer;
    }
    if (held === first) held = undefined;
    const second = await valid(call);
    return client({ ...request, token: second.token }, call);
  };
}
