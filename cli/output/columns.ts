/** Rows of cells as text: the first column to the left, all others to the right, two spaces between. */
export function columns(rows: readonly (readonly string[])[], aligned: "left" | "right" = "right"): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, at) =>
        at > 0 && aligned === "right" ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** Words in lines of at most `width` characters: `head`, then the words, all lines as far in as the first word. */
export function wrapped(head: string, text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width - head.length) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return head + lines.join(`\n${" ".repeat(head.length)}`);
}
