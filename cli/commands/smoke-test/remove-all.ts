import type { CallOptions } from "../../../shared/ports/call.ts";
import type { SmokeRun } from "./check-variant.ts";
import { removeSecret } from "./smoke-secrets.ts";
import { variantNames } from "./variants.ts";

type Parts = Pick<SmokeRun, "clients" | "names" | "bucket" | "stacks" | "checks">;

/** Each only after what uses it. */
const stackParts = [...variantNames.map((name) => `${name}-queue`), ...variantNames, "key", "keys"];

/**
 * Removes what a run has made, as far as it has come, and nothing else: by the run's names, where its tag is. May be repeated.
 * Each part that cannot be removed is a failed check, and the others are removed all the same.
 */
export async function removeAll({ clients, names, bucket, stacks, checks }: Parts, call: CallOptions): Promise<void> {
  const wasThere = (found: boolean): string => (found ? "" : "there was none");
  for (const variant of variantNames) {
    const name = names.secret(variant);
    const remove = async (): Promise<boolean> => removeSecret(clients.secretsManager, name, names.id, call);
    await checks.run(`clean-up: secret ${name}`, call, remove, wasThere);
  }
  for (const part of stackParts) {
    const name = names.stack(part);
    await checks.run(`clean-up: stack ${name}`, call, async () => stacks.remove(name, call), wasThere);
  }
  const { id } = names;
  await checks.run(`clean-up: bucket ${names.bucket}`, call, async () => bucket.remove(id, call), wasThere);
}

/** Before the next variant: its resources have names of their own, but quotas are shared. */
export async function removeVariant(
  { clients, names, stacks, checks }: Parts,
  name: string,
  call: CallOptions,
): Promise<void> {
  await checks.run(`${name}: the secret is deleted`, call, async () =>
    removeSecret(clients.secretsManager, names.secret(name), names.id, call),
  );
  for (const part of [`${name}-queue`, name]) {
    const stack = names.stack(part);
    await checks.run(`${name}: stack ${stack} is deleted`, call, async () => stacks.remove(stack, call));
  }
}
