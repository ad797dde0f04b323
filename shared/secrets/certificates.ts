import { X509Certificate } from "node:crypto";
import type { SecretValue } from "./secret-value.ts";

/** A PEM text of certificates, each of which can be read; `undefined` for any other. A text that was cut off is none. */
export function certificatesIn(value: SecretValue): string | undefined {
  const text = value.reveal();
  const [, ...blocks] = text.split("-----BEGIN");
  try {
    const certificates = blocks.map((block) => new X509Certificate(`-----BEGIN${block}`));
    return certificates.length === 0 ? undefined : text;
  } catch {
    return undefined;
  }
}
