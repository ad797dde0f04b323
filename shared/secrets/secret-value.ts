/** The same for each copy of rekey in a process: bundlers make one for each of their bundles. */
const brand = Symbol.for("rekey.secret-value");

/**
 * Text that must never be printed. String conversion, JSON, template literals and `util.inspect` all give `[redacted]`;
 * only `reveal()` and `bytes()` give the text, and the architecture test names the rooms that may call them. What is stored as
 * bytes is a `BinaryValue`.
 *
 * @example
 * ```ts
 * import { SecretValue } from "rekey/client";
 *
 * const password = new SecretValue("correct horse battery staple");
 * console.log(`${password}`, JSON.stringify({ password })); // [redacted] {"password":"[redacted]"}
 * ```
 */
export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get [brand](): true {
    return true;
  }

  /** Knows the values of another copy of rekey, too. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return Reflect.get(Object(value), brand) === true;
  }

  /** The text itself. Hand it to a driver or an SDK and nowhere else. Errors: `secret-binary` for what is stored as bytes. */
  reveal(): string {
    return this.#text;
  }

  /** The text in UTF-8, or what is stored as bytes: a new copy for each call. */
  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }

  /** Whether it is stored as bytes, so that `reveal` throws. */
  get isBinary(): boolean {
    return false;
  }

  /** In UTF-16 code units, or in bytes. */
  get length(): number {
    return this.#text.length;
  }

  equals(other: SecretValue): boolean {
    // By its method: the other one may be of another copy of this class, which a bundler made.
    return !other.isBinary && this.#text === other.reveal();
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
