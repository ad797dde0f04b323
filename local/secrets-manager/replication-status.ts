import type { Members } from "../aws/members.ts";
import type { Secret } from "./secret.ts";

/** ReplicationStatus of the answers. A replica shares the primary's state, so that it is in sync at once, unless it is held. */
export const replicationStatus = ({ replicas }: Secret): readonly Members[] =>
  [...replicas].map(([Region, { kmsKeyId, failure, isHeld = false }]) => ({
    Region,
    KmsKeyId: kmsKeyId,
    Status: failure === undefined ? (isHeld ? "InProgress" : "InSync") : "Failed",
    StatusMessage: failure,
  }));
