import type { ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { isPolicyDenial, isRefusedLogin, type Refusal, refused, words } from "./vault-answer.ts";
import type { VaultAnswer } from "./vault-client.ts";

const byStatus: Readonly<Record<number, ErrorCode>> = {
  412: "vault-behind",
  429: "vault-throttled",
  472: "vault-standby",
  473: "vault-standby",
};

/** Vault tells its states apart by words alone. */
const byWords: readonly (readonly [statuses: readonly number[], words: RegExp, code: ErrorCode])[] = [
  [
    [400, 403, 404],
    /namespace not found|no such namespace|namespace .*(?:does not exist|not found)/i,
    "vault-namespace-missing",
  ],
  [[400, 404, 405], /no handler for route|unsupported path|route entry not found/i, "vault-mount-missing"],
  [[500, 503], /not initialized/i, "vault-uninitialized"],
  [[500, 503], /is sealed/i, "vault-sealed"],
  [[429, 500, 503], /standby|not active|active (?:cluster )?node not found|no active/i, "vault-standby"],
];

function codeOf(answer: VaultAnswer): ErrorCode | undefined {
  const said = words(answer);
  const { status } = answer;
  return byWords.find(([of, pattern]) => of.includes(status) && pattern.test(said))?.[2] ?? byStatus[status];
}

const redirected =
  "the address answers with a redirect, which would take the token to another host: give the address that it leads to";

const notVault = "this is no answer of Vault's: check the address, its scheme and port, and what stands between";

/** What a refusal means to somebody who only reads, each cause with its own code. */
export const readRefusal: Refusal = (answer, operation, path, isOver) => {
  const { status } = answer;
  const context = { operation, path, status };
  const code = codeOf(answer);
  if (code !== undefined) return new RekeyError(code, { context });
  if (isPolicyDenial(answer)) {
    const hint = `give the policy of the login: path "${path ?? ""}" { capabilities = ["read"] }; a wrong mount is answered in the same way`;
    return new RekeyError("mirror-unauthorized", { context, hint });
  }
  if (isOver === true) return new RekeyError("vault-token-expired", { context });
  if (operation === "login" && isRefusedLogin(answer)) {
    return new RekeyError(isOver === undefined ? "vault-login-refused" : "vault-token-refused", { context });
  }
  if (status === 401 || status === 403) return new RekeyError("vault-token-refused", { context });
  if (status >= 300 && status < 400) return new RekeyError("mirror-unavailable", { context, hint: redirected });
  // A balancer, another program, or Vault's TLS that was spoken to without it.
  if (status >= 400 && status < 500 && typeof answer.body !== "object")
    return new RekeyError("server-misbehaved", { context, hint: notVault });
  return refused(answer, operation, path);
};
