import { createVerify, X509Certificate } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";

export type SnsMessage = Readonly<Record<string, unknown>>;

/** Fetches a URL of SNS as text, such as the certificate that it signs with. */
export type FetchText = (url: string) => Promise<string>;

const ofConfirmation = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
const signedFields: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["Notification", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]],
  ["SubscriptionConfirmation", ofConfirmation],
  ["UnsubscribeConfirmation", ofConfirmation],
]);
/** Where it is there. */
const optionalField = "Subject";
/** The one in which a line may end. */
const freeText = "Message";

const algorithms: ReadonlyMap<unknown, string> = new Map([
  ["1", "RSA-SHA1"],
  ["2", "RSA-SHA256"],
]);
const certificatePath = /^\/SimpleNotificationService-[\w-]+\.pem$/;

export const unverified = (problem: string): RekeyError => new RekeyError("event-unverified", { context: { problem } });

/** Only the SNS of the topic's region serves its certificates and confirms subscriptions. Errors: `event-unverified`. */
export function snsUrl(value: unknown, { TopicArn }: SnsMessage): URL {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  const region = typeof TopicArn === "string" ? TopicArn.split(":")[3] : undefined;
  const isSns = [`sns.${region}.amazonaws.com`, `sns.${region}.amazonaws.com.cn`].includes(url?.hostname ?? "");
  if (url === null || !isSns || url.protocol !== "https:" || url.port !== "" || url.username !== "")
    throw unverified("not SNS's URL");
  return url;
}

/** With a query or another path SNS's own host answers what the one who asks has put into them. */
function certificateUrl(message: SnsMessage): string {
  const { href, pathname, search, hash } = snsUrl(message["SigningCertURL"], message);
  if (!certificatePath.test(pathname) || search !== "" || hash !== "") throw unverified("not SNS's certificate");
  return href;
}

/**
 * The text that SNS signs: names and values, a line each. A value that is no text, or in which another line is hidden, would
 * let the signature of one message pass for another's.
 */
function signedText(message: SnsMessage): string {
  const fields = signedFields.get(message["Type"]);
  if (fields === undefined) throw unverified("unknown type");
  return fields
    .filter((field) => field !== optionalField || (message[field] ?? undefined) !== undefined)
    .map((field) => {
      const value = message[field];
      if (typeof value !== "string" || (field !== freeText && /[\r\n]/.test(value))) throw unverified(`wrong ${field}`);
      return `${field}\n${value}\n`;
    })
    .join("");
}

/**
 * Checks that SNS signed the message. A certificate is fetched once for each URL; there are few, and no more than ten are
 * kept or asked for. Errors: `event-unverified`, `invalidation-unavailable`, and what `fetchText` throws.
 */
export function snsVerifier(fetchText: FetchText): (message: SnsMessage) => Promise<void> {
  const certificates = new Map<string, X509Certificate>();
  const fetching = new Map<string, Promise<X509Certificate>>();
  const mostCertificates = 10;

  async function fetched(url: string): Promise<X509Certificate> {
    try {
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
    } finally {
      fetching.delete(url);
    }
  }

  async function certificateAt(url: string): Promise<X509Certificate> {
    const known = certificates.get(url) ?? fetching.get(url);
    if (known !== undefined) return known;
    if (fetching.size === mostCertificates) {
      throw new RekeyError("invalidation-unavailable", {
        context: { source: "sns", problem: "too many certificates" },
      });
    }
    const asked = fetched(url);
    fetching.set(url, asked);
    return asked;
  }

  return async (message) => {
    const algorithm = algorithms.get(message["SignatureVersion"]);
    const { Signature: signature } = message;
    if (algorithm === undefined || typeof signature !== "string") throw unverified("no signature of a known version");
    const text = signedText(message);
    const certificate = await certificateAt(certificateUrl(message));
    const now = Date.now();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo))
      throw unverified("certificate out of date");
    if (!createVerify(algorithm).update(text).verify(certificate.publicKey, signature, "base64"))
      throw unverified("wrong signature");
  };
}
