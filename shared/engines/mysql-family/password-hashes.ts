import { createHash } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";

/**
 * Ed25519 (RFC 8032, section 5.1) as MariaDB's plugin of that name uses it: the password, of any length, stands where the
 * 32-byte seed would, which node:crypto does not take.
 */
const prime = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (value: bigint, by = prime): bigint => ((value % by) + by) % by;

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, mod(base)];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const inverse = (value: bigint): bigint => power(value, prime - 2n);
const d = mod(-121665n * inverse(121666n));

/** Extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z. */
type Point = readonly [bigint, bigint, bigint, bigint];

const baseX = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
const baseY = mod(4n * inverse(5n));
const base: Point = [baseX, baseY, 1n, mod(baseX * baseY)];

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * d);
  const e = mod(2n * z1 * z2);
  const [h, f, g, i] = [b - a, e - c, e + c, b + a];
  return [mod(h * f), mod(g * i), mod(f * g), mod(h * i)];
}

function multiplied(scalar: bigint): Point {
  let [sum, double]: [Point, Point] = [[0n, 1n, 1n, 0n], base];
  for (let left = scalar; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, double);
    double = add(double, double);
  }
  return sum;
}

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();

function encoded([x, y, z]: Point): Buffer {
  const scale = inverse(z);
  return toBytes(mod(y * scale) | ((mod(x * scale) & 1n) << 255n));
}

const sha512 = (...parts: readonly Buffer[]): Buffer => createHash("sha512").update(Buffer.concat(parts)).digest();

function keyOf(password: SecretValue): { readonly scalar: bigint; readonly prefix: Buffer } {
  const digest = sha512(Buffer.from(password.reveal()));
  const scalar = (toNumber(digest.subarray(0, 32)) & ((1n << 254n) - 8n)) | (1n << 254n);
  return { scalar, prefix: digest.subarray(32) };
}

/** What MariaDB stores for a password under its plugin `ed25519`: the public key in base64, 43 characters. */
export function ed25519Hash(password: SecretValue): string {
  const hash = encoded(multiplied(keyOf(password).scalar))
    .toString("base64")
    .slice(0, 43);
  if (!/^[A-Za-z0-9+/]{43}$/.test(hash)) throw new RekeyError("internal-fault", { context: { name: "ed25519-hash" } });
  return hash;
}

/** The client's answer to the server's nonce. */
export function signEd25519(password: SecretValue, nonce: Buffer): Buffer {
  const { scalar, prefix } = keyOf(password);
  const r = mod(toNumber(sha512(prefix, nonce)), order);
  const start = encoded(multiplied(r));
  const challenge = toNumber(sha512(start, encoded(multiplied(scalar)), nonce));
  return Buffer.concat([start, toBytes(mod(r + challenge * scalar, order))]);
}

/** What the server stores under `mysql_native_password`: `*` and SHA1(SHA1(password)) in upper-case hex. */
export function nativeHash(password: SecretValue): string {
  const once = createHash("sha1").update(password.reveal()).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}
