import { createVerify, X509Certificate } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";

export type SnsMessage = Readonly<Record<string, unknown>>;

/** Fetches a URL of SNS as text, such as the certificate that it signs with. */
export type FetchText = (url: string) => Promise<string>;

const signedFields: Readonly<Record<string, readonly string[]>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};

const algorithms: Readonly<Record<string, string>> = { "1": "RSA-SHA1", "2": "RSA-SHA256" };

export const unverified = (problem: string): RekeyError => new RekeyError("event-unverified", { context: { problem } });

/** Only SNS itself serves its certificates and confirms subscriptions. Errors: `event-unverified`. */
export function snsUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  const isSns = url !== null && /^sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.test(url.hostname);
  if (!isSns || url.protocol !== "https:" || url.port !== "" || url.username !== "") throw unverified("not SNS's URL");
  return url.href;
}

function signedText(message: SnsMessage): string {
  const fields = signedFields[String(message["Type"])];
  if (fields === undefined) throw unverified("unknown type");
  return fields
    .filter((field) => typeof message[field] === "string")
    .map((field) => `${field}\n${String(message[field])}\n`)
    .join("");
}

/**
 * Checks that SNS signed the message. Certificates are fetched once for each URL; there are few, and no more than ten are
 * kept. Errors: `event-unverified`, and what `fetchText` throws.
 */
export function snsVerifier(fetchText: FetchText): (message: SnsMessage) => Promise<void> {
  const certificates = new Map<string, X509Certificate>();
  const mostCertificates = 10;

  async function certificateAt(url: string): Promise<X509Certificate> {
    const known = certificates.get(url);
    if (known !== undefined) return known;
    const text = await fetchText(url);
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(text);
    } catch {
      throw unverified("not a certificate");
    }
    if (certificates.size === mostCertificates) certificates.clear();
    certificates.set(url, certificate);
    return certificate;
  }

  return async (message) => {
    const algorithm = algorithms[String(message["SignatureVersion"])];
    const { SigningCertURL: url, Signature: signature } = message;
    if (algorithm === undefined || typeof signature !== "string") throw unverified("no signature of a known version");
    const text = signedText(message);
    const certificate = await certificateAt(snsUrl(url));
    const now = Date.now();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo))
      throw unverified("certificate out of date");
    if (!createVerify(algorithm).update(text).verify(certificate.publicKey, signature, "base64"))
      throw unverified("wrong signature");
  };
}
