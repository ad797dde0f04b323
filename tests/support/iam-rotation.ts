import { iamAccessKeyEngine } from "../../shared/engines/iam-access-key/iam-access-key-engine.ts";
import type { Gate } from "../../shared/testing/gated.ts";
import { gated } from "../../shared/testing/gated.ts";
import { memorySecretId } from "../../shared/testing/memory-rotation.ts";
import { type IssuedRotation, issuedRotation } from "./issued-rotation.ts";
import { type MemoryAccessKeys, memoryAccessKeys } from "./memory-access-keys.ts";

/** One secret with the key of the user `mailer`, in memory, with a clock of its own. */
export interface IamRotation {
  readonly iam: MemoryAccessKeys;
  readonly rotation: IssuedRotation;
  /** The ids of a user's keys. */
  ids(user?: string): readonly string[];
  idOf(label: string): string;
  /** Whether the key of the version with this label is taken by who asks aside: no use is noted. */
  works(label: string): boolean;
  pass(hours: number): void;
  /** The pauses so far, in milliseconds. */
  readonly pauses: readonly number[];
}

export function iamRotation({
  tags = {},
  fields = {},
  gate,
  isGranted = (secret, user) => secret === memorySecretId && user === "mailer",
}: {
  readonly tags?: Readonly<Record<string, string>>;
  readonly fields?: object;
  readonly gate?: Gate;
  readonly isGranted?: (secretName: string, user: string) => boolean;
} = {}): IamRotation {
  let atMs = Date.now();
  const nowMs = (): number => atMs;
  const iam = memoryAccessKeys(nowMs);
  const { id, secret } = iam.give("mailer");
  const pauses: number[] = [];
  const engine = iamAccessKeyEngine({
    keys: gate === undefined ? iam : gated(iam, gate),
    isGranted,
    nowMs,
    pause: async (ms) => void pauses.push(ms),
  });
  const value = { UserName: "mailer", AccessKeyId: id, SecretAccessKey: secret, ...fields };
  const rotation = issuedRotation(engine, value, tags, { nowMs, ...(gate === undefined ? {} : { gate }) });
  return {
    iam,
    rotation,
    ids: (user = "mailer") => [...iam.all.values()].filter((key) => key.user === user).map((key) => key.id),
    idOf: (label) => rotation.stored(label).username,
    works(label) {
      const { username, password } = rotation.stored(label);
      const key = iam.all.get(username);
      return key?.isActive === true && key.secret === password.reveal();
    },
    pass(hours) {
      atMs += hours * 3_600_000;
    },
    pauses,
  };
}
