import { RekeyError } from "../errors/reading-error.ts";
import { SecretValue } from "./secret-value.ts";

/** The value of a secret that is stored as bytes (`SecretBinary`), as unprintable as text. */
export class BinaryValue extends SecretValue {
  readonly #bytes: Uint8Array;
  readonly #secret: string;

  /** `secret`: its id, for the error of whoever wants text. */
  constructor(bytes: Uint8Array, secret: string) {
    super("");
    this.#bytes = bytes;
    this.#secret = secret;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof SecretValue && value.isBinary;
  }

  override reveal(): never {
    throw new RekeyError("secret-binary", { context: { secret: this.#secret } });
  }

  override bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  override get isBinary(): boolean {
    return true;
  }

  override get length(): number {
    return this.#bytes.length;
  }

  override equals(other: SecretValue): boolean {
    if (!other.isBinary || other.length !== this.length) return false;
    const bytes = other.bytes();
    return this.#bytes.every((byte, index) => byte === bytes[index]);
  }
}
