import type { AwsServerName } from "../../support/aws-servers.ts";

export type Emulator = Exclude<AwsServerName, "the local stack">;

/** A test of the suites in this folder that an emulator does not pass, since it does not do what AWS does. */
export interface Difference {
  readonly emulator: Emulator;
  readonly test: string;
  /** What AWS does, and who says so. */
  readonly aws: string;
  /** How the test fails; when it fails otherwise, something else is wrong. */
  readonly seen: RegExp;
}

export const differences: readonly Difference[] = [];
