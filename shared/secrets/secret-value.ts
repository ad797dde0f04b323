import { RekeyError } from "../errors/rekey-error.ts";

/**
 * A text, or bytes, that must never be printed. String conversion, JSON, template literals and `util.inspect` all give
 * `[redacted]`; only `reveal()` and `bytes()` give the content, and the architecture test names the rooms that may call them.
 */
export class SecretValue {
  readonly #content: string | Uint8Array;
  readonly #secret: string | undefined;

  /** `secret`: the id of the secret, for the error of a value that is not text. */
  constructor(content: string | Uint8Array, secret?: string) {
    this.#content = content;
    this.#secret = secret;
  }

  /** The text itself. Hand it to a driver or an SDK and nowhere else. Errors: `secret-binary` for a value stored as bytes. */
  reveal(): string {
    if (typeof this.#content === "string") return this.#content;
    throw new RekeyError("secret-binary", { context: { secret: this.#secret } });
  }

  /** The bytes of a value stored as bytes, or of the text in UTF-8: a new copy for each call. */
  bytes(): Uint8Array {
    return typeof this.#content === "string" ? new TextEncoder().encode(this.#content) : this.#content.slice();
  }

  /** Of a value stored as bytes, `reveal` throws. */
  get isBinary(): boolean {
    return typeof this.#content !== "string";
  }

  /** In UTF-16 code units, or in bytes. */
  get length(): number {
    return this.#content.length;
  }

  equals(other: SecretValue): boolean {
    const [one, two] = [this.#content, other.#content];
    if (typeof one === "string" || typeof two === "string") return one === two;
    return one.length === two.length && one.every((byte, index) => byte === two[index]);
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[redacted]";
  }
}
