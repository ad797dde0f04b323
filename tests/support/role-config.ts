import type { Stack } from "../../local/stack.ts";

/** What a client of one more role of the account is made with, which may do these actions to anything. */
export function roleConfig(
  { aws, clientConfig: { endpoint, region } }: Stack,
  roleName: string,
  actions: readonly string[],
  tags: Readonly<Record<string, string>> = {},
) {
  const policy = { Statement: { Effect: "Allow", Action: actions, Resource: "*" } } as const;
  return { endpoint, region, credentials: aws.principals.assumeRole(roleName, "session", [policy], tags) };
}
