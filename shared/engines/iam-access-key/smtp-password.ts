import { createHmac } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";

const version = Buffer.from([0x04]);

/**
 * The password that Amazon SES's SMTP endpoint in a region takes with this key; the user name is the key's id. Source: "Obtaining
 * Amazon SES SMTP credentials by converting existing AWS credentials" in the developer guide of Amazon SES.
 */
export function smtpPassword(secretAccessKey: SecretValue, region: string): SecretValue {
  const signature = ["11111111", region, "ses", "aws4_request", "SendRawEmail"].reduce<string | Buffer>(
    (key, text) => createHmac("sha256", key).update(text).digest(),
    `AWS4${secretAccessKey.reveal()}`,
  );
  return new SecretValue(Buffer.concat([version, Buffer.from(signature)]).toString("base64"));
}

const malformed = (field: string, problem: string, hint: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { field, problem }, hint });

/** `SmtpPassword`, for a secret with an `SmtpRegion`. Errors: `secret-malformed`. */
export function smtpMembers(
  { SmtpRegion: region, SmtpPassword: held }: Readonly<Record<string, unknown>>,
  secretAccessKey: SecretValue,
): Readonly<Record<string, string>> {
  const has = (value: unknown): boolean => value !== undefined && value !== null && value !== "";
  if (!has(region)) {
    if (!has(held)) return {};
    throw malformed(
      "SmtpRegion",
      "missing beside SmtpPassword",
      "add the region of the SMTP endpoint, such as eu-west-1",
    );
  }
  if (typeof region !== "string" || !/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(region))
    throw malformed("SmtpRegion", "not a region", "write it as AWS does: eu-west-1");
  return { SmtpPassword: smtpPassword(secretAccessKey, region).reveal() };
}
