import type { SecretValue } from "../secret-value.ts";
import type { Slot } from "./slot.ts";

export interface Credential {
  readonly username: string;
  readonly password: SecretValue;
}

/** A change of a text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Replacement {
  /** What holds the old credential. */
  readonly slots: readonly Slot[];
  readonly edits: readonly Edit[];
}

/** `$PASSWORD`, `${PASSWORD}`, `{{password}}`, `<password>`, `%s`, `****`: whoever reads the text fills it in. */
const placeholder = /^(?:\$?\{.*\}|<.*>|\$\w+|%s|\*+|)$/s;

const reads = ({ readings }: Slot, text: string): boolean => readings.includes(text);
const isOpen = ({ readings }: Slot): boolean => readings.some((reading) => placeholder.test(reading));

function written(
  slots: readonly Slot[],
  next: Credential,
  isRenamed: boolean,
): Replacement | { readonly problem: string } {
  const edits: Edit[] = [];
  for (const { holds, start, end, write } of slots) {
    if (holds === "user" && !isRenamed) continue;
    const text = write(holds === "user" ? next.username : next.password.reveal());
    if (text === undefined) return { problem: "its form cannot hold the new user name or password" };
    edits.push({ start, end, text });
  }
  return { slots, edits };
}

/**
 * The next credential in place of the old one, both parts of it or none; a user name alone is a credential, too.
 * `undefined`: the slots, which belong together, hold another credential, or none.
 */
export function replacement(
  slots: readonly Slot[],
  old: Credential,
  next: Credential,
): Replacement | { readonly problem: string } | undefined {
  const users = slots.filter((slot) => slot.holds === "user" && !reads(slot, ""));
  const passwords = slots.filter(({ holds }) => holds === "password");
  const ours = passwords.filter((slot) => reads(slot, old.password.reveal()));
  const isRenamed = next.username !== old.username;
  if (ours.length > 0) {
    if (!users.every((slot) => reads(slot, old.username))) return { problem: "holds the password for another user" };
    if (isRenamed && users.length === 0 && slots.some((slot) => slot.holds === "user")) {
      return { problem: "holds the password without the user name, which changes" };
    }
    return written([...users, ...ours], next, isRenamed);
  }
  const named = users.filter((slot) => reads(slot, old.username));
  return named.length > 0 && isRenamed && passwords.every(isOpen) ? written(named, next, isRenamed) : undefined;
}

/** The text after the edits, which do not overlap. */
export function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of [...edits].sort((one, other) => one.start - other.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return [...parts, text.slice(at)].join("");
}
