/** By mysql2's names, for which Node.js has others: three-byte UTF-8 differs only in what no name or hash holds. */
const names: Readonly<Record<string, string>> = { cesu8: "utf-8" };

/** What mysql2 asks of `iconv-lite`, by the decoder that comes with Node.js. */
export function getDecoder(encoding: string): { write(bytes: Uint8Array): string; end(): string } {
  const decoder = new TextDecoder(names[encoding] ?? encoding);
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}
