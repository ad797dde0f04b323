import type { MirrorStatus } from "./secret-status.ts";

/** `current r12`: a mirror in a word, with its revision. */
export const mirrorText = ({ state, revision, code }: Pick<MirrorStatus, "state" | "revision" | "code">): string =>
  state === "unseen"
    ? `unseen (${code ?? ""})`
    : revision === undefined || revision === 0
      ? state
      : `${state} r${revision}`;
