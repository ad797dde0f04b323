import type { MirrorStatus } from "./secret-status.ts";

/** `current r12`: a mirror in a word, with its revision. By itself, since the console's page takes nothing else. */
export function mirrorText({ state, revision = 0, code }: Pick<MirrorStatus, "state" | "revision" | "code">): string {
  if (state === "unseen") return `unseen (${code ?? ""})`;
  return revision === 0 ? state : `${state} r${revision}`;
}
