import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { ServerCertificate } from "./fixture.ts";

/** A certificate authority of one's own, for one test. */
export interface Authority {
  /** PEM text. */
  readonly certificate: string;
  issue(leaf: {
    readonly addresses?: readonly string[];
    readonly names?: readonly string[];
    readonly endsAt?: Date;
  }): ServerCertificate;
}

const dayMs = 86_400_000;

/** Distinguished encoding (X.690): tag, length in as few bytes as it needs (Go refuses more), contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length > 255 ? [body.length >> 8, body.length & 255] : [body.length]);
  return Buffer.concat([Buffer.from([tag, 0x80 + length.length]), length, body]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => der(0x30, ...contents);
const octets = (content: Buffer): Buffer => der(0x04, content);
const bits = (content: Buffer): Buffer => der(0x03, Buffer.from([0]), content);
const yes = der(0x01, Buffer.from([0xff]));
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));

const commonName = objectId("550403");
const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
const basicConstraints = objectId("551d13");
const subjectAltName = objectId("551d11");

const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))));
const timeOf = (date: Date): Buffer => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, "")}Z`));
const serial = (): Buffer => der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
const pem = (certificate: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(certificate.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;

/** X.509 version 3 (RFC 5280), signed with ECDSA on P-256. */
function certify(
  subject: string,
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  endsAt: Date,
  extension: Buffer,
): string {
  const unsigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    serial(),
    ecdsaWithSha256,
    nameOf(issuer.name),
    sequence(timeOf(new Date(Date.now() - 30 * dayMs)), timeOf(endsAt)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  return pem(sequence(unsigned, ecdsaWithSha256, bits(sign("sha256", unsigned, issuer.key))));
}

const tomorrow = (): Date => new Date(Date.now() + dayMs);

/** Makes an authority; two of different names do not know each other. */
export function createAuthority(name: string): Authority {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = { name, key: own.privateKey };
  return {
    certificate: certify(
      name,
      own.publicKey,
      issuer,
      tomorrow(),
      sequence(basicConstraints, yes, octets(sequence(yes))),
    ),
    issue({ addresses = [], names = [], endsAt = tomorrow() }) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const alternatives = [
        ...names.map((text) => der(0x82, Buffer.from(text))),
        ...addresses.map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
      ];
      const extension = sequence(subjectAltName, octets(sequence(...alternatives)));
      const key = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      return { certificate: certify("database", pair.publicKey, issuer, endsAt, extension), key };
    },
  };
}
