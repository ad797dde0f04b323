/** A pattern in which `*` stands for any text and `?` for one character, as a regular expression over the whole string. */
export function glob(pattern: string, flags = ""): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/gu, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, `su${flags}`);
}
