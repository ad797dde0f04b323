import type { RekeyError } from "../errors/rekey-error.ts";

/** What the SDK says when it does not know who asks, or where: of the operator's settings, not of the service. */
const settings: Readonly<Record<string, string>> = {
  CredentialsProviderError: "no AWS credentials were found: say --profile, or log in (aws sso login)",
  Error: "if no region is set, say --region",
};

/** What whoever works at a terminal can do besides the error's own hint, if anything. */
export const operatorHint = ({ code, context }: RekeyError): string | undefined =>
  code === "store-unavailable" ? settings[String(context["reason"])] : undefined;
