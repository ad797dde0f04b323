import { RekeyError } from "../../errors/rekey-error.ts";
import { bareName } from "../secret-id.ts";

/** SNS takes as many values in one filter policy. */
const mostValues = 150;

/**
 * SNS's attributes of a subscription to the events of these secrets alone: names, full ARNs, or the beginning of a name with
 * `*` at its end. A secret is known by its name, so that a replica's event, whose ARN names another region, passes as well.
 * Errors: `option-invalid` for none, and for more than 150.
 */
export function secretsFilter(secrets: readonly string[]): Readonly<Record<string, string>> {
  const names = [...new Set(secrets.map(bareName))];
  if (names.length === 0 || names.length > mostValues || names.includes("")) {
    throw new RekeyError("option-invalid", {
      context: { option: "secrets", given: names.length },
      hint: `name 1 to ${mostValues} secrets, or beginnings of names with * at their end; leave the option out for every secret`,
    });
  }
  const secretName = names.map((name) => (name.endsWith("*") ? { prefix: name.slice(0, -1) } : name));
  return { FilterPolicyScope: "MessageBody", FilterPolicy: JSON.stringify({ detail: { secretName } }) };
}
