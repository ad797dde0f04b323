import { createHash, generateKeyPair, type JsonWebKey, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { type SigningAlgorithm, signingAlgorithms } from "../../signing-keys/algorithms.ts";

const generate = promisify(generateKeyPair);

/** NIST counts 3,072 bits as 128 bits of security; what is imported may have 2,048. */
const rsaBits = 3_072;

async function pairFor(algorithm: SigningAlgorithm): Promise<JsonWebKey> {
  const wanted = signingAlgorithms[algorithm];
  if (wanted.type === "secret") return { kty: "oct", k: randomBytes(wanted.bytes).toString("base64url") };
  const { privateKey } =
    wanted.type === "rsa"
      ? await generate("rsa", { modulusLength: rsaBits })
      : wanted.type === "ec"
        ? await generate("ec", { namedCurve: wanted.curve })
        : await generate("ed25519");
  return privateKey.export({ format: "jwk" });
}

/** The members that RFC 7638 hashes, in its order. */
const thumbprintMembers = ["crv", "e", "kty", "n", "x", "y"] as const;

/** RFC 7638's thumbprint of a public key. A secret key has a random one, since a hash of it would be something to guess by. */
function kidOf(jwk: JsonWebKey): string {
  if (jwk.kty === "oct") return randomBytes(16).toString("base64url");
  const members = thumbprintMembers.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]] as const]));
  return createHash("sha256")
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest("base64url");
}

/** A new key from the operating system's random source, as a private JWK with `kid` and `alg`. */
export async function makeKey(algorithm: SigningAlgorithm): Promise<JsonWebKey> {
  const jwk = await pairFor(algorithm);
  return { ...jwk, kid: kidOf(jwk), alg: algorithm, use: "sig" };
}
