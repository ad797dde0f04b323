/** `key=value`, or a key alone, as people write a tag. */
export function parseKeyValue(text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf("=");
  return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}
