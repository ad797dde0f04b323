import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";

/** Who rotates the secret in place of a function: the AWS service that owns it, or the partner that its type names. */
export function managerOf({ OwningService, Type }: Pick<SecretListEntry, "OwningService" | "Type">): {
  readonly managedBy?: string;
} {
  const managedBy = OwningService ?? Type;
  return managedBy === undefined ? {} : { managedBy };
}
