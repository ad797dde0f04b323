import { randomUUID } from "node:crypto";
import type { BusEvent } from "../aws/service.ts";
import type { Rotation, Secret } from "./secret.ts";
import { defined } from "../../shared/secrets/defined.ts";

/** What Secrets Manager tells the default bus; none of it holds a value. */
export interface RotationEvents {
  /** `Secret Label Updated`: the label is on this version now. Not sent for AWSPENDING and AWSPREVIOUS. */
  labelMoved(secret: Secret, label: string, versionId: string): void;
  /** CloudTrail's record of a rotation, `RotationStarted` and so on, or `TestRotationStarted`. */
  rotation(secret: Secret, rotation: Rotation, outcome: RotationOutcome, errorMessage?: string): void;
}

export type RotationOutcome = "Started" | "Succeeded" | "Failed" | "Abandoned";

const source = "aws.secretsmanager";
const service = "secretsmanager.amazonaws.com";
const silentLabels = new Set(["AWSPENDING", "AWSPREVIOUS"]);

export function rotationEvents(options: {
  readonly accountId: string;
  readonly nowMs: () => number;
  readonly emit: (event: BusEvent) => void;
}): RotationEvents {
  const { accountId, nowMs, emit } = options;
  return {
    labelMoved({ arn, name }, label, versionId) {
      if (silentLabels.has(label)) return;
      emit({
        source,
        "detail-type": "Secret Label Updated",
        detail: { name, labelUpdated: label, versionId },
        resources: [arn],
      });
    },
    rotation({ arn, region }, { kind }, outcome, errorMessage) {
      emit({
        source,
        "detail-type": "AWS Service Event via CloudTrail",
        detail: {
          eventVersion: "1.08",
          userIdentity: { accountId, invokedBy: service },
          eventTime: new Date(nowMs()).toISOString().replace(/\.\d+Z$/u, "Z"),
          eventSource: service,
          eventName: `${kind === "test" ? "Test" : ""}Rotation${outcome}`,
          awsRegion: region,
          sourceIPAddress: service,
          userAgent: service,
          ...defined({ errorMessage }),
          additionalEventData: { SecretId: arn },
          requestID: `Rotation-${arn}-${randomUUID()}`,
          eventID: randomUUID(),
          readOnly: false,
          eventType: "AwsServiceEvent",
          managementEvent: true,
          recipientAccountId: accountId,
          eventCategory: "Management",
        },
        resources: [],
      });
    },
  };
}
