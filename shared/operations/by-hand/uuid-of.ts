/** A UUID (version 8) of a hash of these words: the same request always has the same VersionId. */
export async function uuidOf(...words: readonly (string | number)[]): Promise<string> {
  const bytes = new TextEncoder().encode(words.join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
