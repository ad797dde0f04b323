/**
 * Text that must never be printed. String conversion, JSON, template literals and `util.inspect` all give `[redacted]`;
 * only `reveal()` gives the text, and the architecture test names the rooms that may call it.
 */
export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Hand it to a driver or an SDK and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  equals(other: SecretValue): boolean {
    return this.#text === other.#text;
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
