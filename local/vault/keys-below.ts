/** The names one level below a folder, as LIST gives them: folders end in a slash. */
export function keysBelow(keys: Iterable<string>, folder: string): string[] {
  const prefix = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  const below = [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return [...new Set(below.map((key) => key.replace(/\/.*$/, "/")))].toSorted();
}
