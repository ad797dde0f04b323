export interface StackAddress {
  readonly aws: { readonly endpoint: string };
  readonly region: string;
}

import { childVariables } from "./child-variables.ts";

/** The environment of a process that works on the local stack as the account's administrator. */
export const stackVariables = ({ aws, region }: StackAddress) => ({
  ...childVariables,
  AWS_ENDPOINT_URL: aws.endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
});
