import type { Members } from "../../shared/answers/members.ts";
import type { AwsCall } from "../aws/service.ts";
import type { RotationEngine } from "./rotation-engine.ts";
import type { RotationEvents } from "./rotation-events.ts";
import type { SecretTable } from "./secret-table.ts";

/** Answers one call, or throws `AwsError`. Members that are `undefined` are left out of the answer. */
export type Operation = (input: Members, call: AwsCall) => Members;
export type Operations = Readonly<Record<string, Operation>>;

/** What the operations share. */
export interface Backend {
  readonly accountId: string;
  readonly nowMs: () => number;
  readonly engine: RotationEngine;
  readonly events: RotationEvents;
  table(region: string): SecretTable;
}
