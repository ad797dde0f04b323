import type { SessionAnswer } from "../../contract.ts";
import { post } from "./request.ts";
import { keepSessionKey } from "./session-key.ts";

/**
 * Turns the one-time token behind `#` into a session, and takes it out of the address and its history. Without a token the
 * session of before is gone on with.
 */
export async function openSession(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  const { key } = await post<SessionAnswer>("/session", { token });
  keepSessionKey(key);
}
