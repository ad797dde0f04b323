import { servingRule } from "../../shared/client/cache/serving-rules.ts";
import { codes, type ErrorCode } from "../../shared/errors/codes.ts";

/** Each cause in a few words, in the order of the table. */
const causes: Readonly<Partial<Record<ErrorCode, string>>> = {
  "credentials-missing": "the process's own credentials: none, or their provider failed",
  "credentials-expired": "the process's own credentials: expired",
  "credentials-refused": "the process's own credentials: not recognized, or a wrong signature",
  "clock-skewed": "the process's clock",
  "store-unavailable": "the network (DNS, refused, reset), or Secrets Manager fails",
  "tls-refused": "TLS: a certificate that is not trusted, or no TLS",
  "time-budget-spent": "no answer in time",
  "store-throttled": "throttled",
  "client-quota-exceeded": "the client's own budget of requests",
  "access-denied": "the source refuses: no right to the secret",
  "key-denied": "the source refuses: no right to the KMS key",
  "key-unusable": "the KMS key is disabled, pending deletion, or gone",
  "secret-not-found": "there is no such secret, or no such version",
  "secret-deleted": "the secret is marked for deletion",
  "store-rejected": "Secrets Manager refuses the request itself",
  "version-not-visible": "a replica lags behind, and the primary is silent",
  "mirror-unavailable": "Vault does not answer, is in maintenance, or fails",
  "vault-sealed": "Vault is sealed",
  "vault-uninitialized": "Vault is not initialized",
  "vault-standby": "the Vault node stands by",
  "vault-behind": "the Vault node lags behind",
  "vault-throttled": "Vault throttles",
  "vault-token-expired": "the process's own Vault token has run out",
  "vault-token-refused": "Vault refuses the token before its end: revoked",
  "vault-login-refused": "Vault refuses the login",
  "mirror-unauthorized": "a Vault policy denies the path",
  "vault-namespace-missing": "the Vault namespace is missing",
  "vault-mount-missing": "the Vault mount is missing",
  "vault-mount-version": "the Vault mount is KV version 1, or another engine",
  "mirror-rejected": "Vault refuses the request itself",
  "mirror-path-invalid": "the secret's name cannot be a path in Vault",
  "server-misbehaved": "what answered does not speak as Vault does",
  "source-malformed": "a source of your own gives no version",
};

/** The part of `docs/reference/client.md` that is made from the rules in the code. */
export function servingTable(): string {
  const rows = (Object.keys(causes) as ErrorCode[]).map((code) => {
    const { servedFor, isRepeated } = servingRule(code);
    const { hint, readerHint } = codes[code];
    return `| ${causes[code]} | \`${code}\` | \`${servedFor}\` | ${isRepeated ? "3 times" : "once"} | ${readerHint ?? hint} |`;
  });
  return [
    "| cause | code | a held value is served for | asked | what to do |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

export const servingTablePlace =
  /(<!-- made from shared\/client\/cache\/serving-rules\.ts by npm run docs -->\n\n)[\s\S]*?(?=\n## )/u;
