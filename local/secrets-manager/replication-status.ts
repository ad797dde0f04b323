import type { Members } from "../aws/members.ts";
import type { Secret } from "./secret.ts";

/** ReplicationStatus of the answers. A replica shares the primary's state, so that it is in sync at once. */
export const replicationStatus = ({ replicas }: Secret): readonly Members[] =>
  [...replicas].map(([Region, { kmsKeyId, failure }]) => ({
    Region,
    KmsKeyId: kmsKeyId,
    Status: failure === undefined ? "InSync" : "Failed",
    StatusMessage: failure,
  }));
