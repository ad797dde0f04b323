import type { Emulator } from "./differences.ts";

/** Steps of the Secrets Manager vectors that an emulator answers otherwise, by the AWS behaviour that it misses. */
export interface VectorDifference {
  readonly emulator: Emulator;
  /** What AWS does; the evidence of each step is in the vectors themselves. */
  readonly aws: string;
  readonly steps: readonly string[];
}

const of = (scenario: string, ...steps: readonly (number | string)[]): readonly string[] =>
  steps.map((step) => `${scenario}.${step}`);

export const vectorDifferences: readonly VectorDifference[] = [
  {
    emulator: "moto",
    aws: "a secret, version or label that is not there is ResourceNotFoundException with HTTP status 400, never 404",
    steps: [
      ...of("create", 12),
      ...of("empty", 3),
      ...of("put", 15),
      ...of("get-errors", 2, 3, 4, 5, 7, 9),
      ...of("stage", 23),
      ...of("delete", 24, 26, 27),
      ...of("tags", 11, 12),
      ...of("policy", 12),
      ...of("rotate-none", 8, 9),
      ...of("rotate-lambda", 4),
      ...of("replicate", 10),
      ...of("wire", 3),
    ],
  },
  {
    emulator: "moto",
    aws: "a request that breaks the model or the protocol is refused with 400 and a typed JSON error, not with HTML and 500",
    steps: [...of("create-invalid", 11), ...of("get-errors", 8, 10), ...of("wire", 4, 5, 6), ...of("random", 6, 8)],
  },
  {
    emulator: "moto",
    aws: "names with other characters, names over 512 and values over 65,536 are refused, and so are two kinds of value at once",
    steps: of("create-invalid", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 18),
  },
  {
    emulator: "moto",
    aws: "a raw write without ClientRequestToken is refused; only an SDK fills it in",
    steps: [...of("create-invalid", 12), ...of("put", 12), ...of("rotate-none", 7)],
  },
  {
    emulator: "moto",
    aws: "a member without a value is absent from an answer, and the content type is application/x-amz-json-1.1",
    steps: [...of("create", 10), ...of("delete", 20), ...of("put", 7), ...of("wire", 1)],
  },
  {
    emulator: "moto",
    aws: "a version without a label is not in VersionIdsToStages, and is listed without VersionStages",
    steps: [...of("put", 6, 8), ...of("stage", 12, 14, 16)],
  },
  {
    emulator: "moto",
    aws: "a read without a label gives the version that has AWSCURRENT, also when UpdateSecretVersionStage moved it",
    steps: of("stage", 7),
  },
  {
    emulator: "moto",
    aws: "a label that is attached moves only with RemoveFromVersionId, and is on its version once",
    steps: of("stage", 18, 20),
  },
  {
    emulator: "moto",
    aws: "a secret that is scheduled for deletion takes no value, label or tag, and its name is not yet free",
    steps: of("delete", 8, 10, 11, 12, 14, 21),
  },
  {
    emulator: "moto",
    aws: "a malformed or public policy is refused, and ValidateResourcePolicy says so",
    steps: of("policy", 5, 6, 7, 8, 9),
  },
  {
    emulator: "moto",
    aws: "RotateSecret without a function or with one that may not be invoked is refused and changes nothing",
    steps: of("rotate-none", 2, 3, 4, 5, 6),
  },
  {
    emulator: "moto",
    aws: "rotation rules have limits, and refused ones change nothing",
    steps: of("rotate-rules", 2, 6, 8, 10, 11),
  },
  {
    emulator: "moto",
    aws: "a read without a label gives AWSCURRENT while a rotation runs; a cancelled one has no next date",
    steps: of("rotate-lambda", 5, 11),
  },
  {
    emulator: "moto",
    aws: "replication answers the secret's ARN; StopReplicationToReplica makes a replica a secret of its own",
    steps: of("replicate", 2, 9, 11, 12, 13, "cleanup2", "cleanup"),
  },

  {
    emulator: "ministack",
    aws: "CreateSecret's ClientRequestToken is the VersionId, so a repeated call is answered as the first one was",
    steps: of("create", 2, 3),
  },
  {
    emulator: "ministack",
    aws: "a secret without a value has no version, reads as ResourceNotFoundException, and its first value is AWSCURRENT",
    steps: of("empty", 1, 2, 3, 4, 5),
  },
  {
    emulator: "ministack",
    aws: "DescribeSecret leaves out rotation fields and tags that were never set",
    steps: [...of("create", 10), ...of("tags", 2)],
  },
  {
    emulator: "ministack",
    aws: "names with other characters, names over 512 and values over 65,536 are refused, and so are two kinds of value at once",
    steps: of("create-invalid", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 18),
  },
  {
    emulator: "ministack",
    aws: "a write without ClientRequestToken, or with one that is too short, is refused",
    steps: [...of("create-invalid", 12, 13), ...of("put", 12, 14), ...of("rotate-none", 7, 10)],
  },
  {
    emulator: "ministack",
    aws: "a version has one value: another one under its token is ResourceExistsException, and none at all is refused",
    steps: of("put", 11, 13),
  },
  {
    emulator: "ministack",
    aws: "a version that lost its labels is kept, and listed with IncludeDeprecated",
    steps: of("put", 8),
  },
  {
    emulator: "ministack",
    aws: "a missing label or version is named in the message; a label on another version is InvalidRequestException",
    steps: of("get-errors", 3, 4, 5, 7),
  },
  {
    emulator: "ministack",
    aws: "a label is on one version: the next PutSecretValue with AWSPENDING takes it away from the one before",
    steps: of("stage", 10, 12, 13, 14, 16, 20),
  },
  {
    emulator: "ministack",
    aws: "moving AWSCURRENT without RemoveFromVersionId is refused with a message that names the version",
    steps: of("stage", 3),
  },
  {
    emulator: "ministack",
    aws: "the name of a secret that is scheduled for deletion is InvalidRequestException; a forced delete always succeeds",
    steps: of("delete", 14, 25),
  },
  {
    emulator: "ministack",
    aws: "a malformed or public policy is refused, and ValidateResourcePolicy says so",
    steps: of("policy", 5, 6, 7, 9),
  },
  {
    emulator: "ministack",
    aws: "RotateSecret without a function or with one that may not be invoked is refused and changes nothing",
    steps: of("rotate-none", 2, 3, 4, 5, 6),
  },
  {
    emulator: "ministack",
    aws: "CancelRotateSecret exists",
    steps: [...of("rotate-none", 9), ...of("rotate-lambda", 10, 11)],
  },
  {
    emulator: "ministack",
    aws: "rotation rules have limits, and refused ones change nothing",
    steps: of("rotate-rules", 2, 4, 6, 8, 10, 11),
  },
  {
    emulator: "ministack",
    aws: "RotateSecret registers AWSPENDING without a value and leaves AWSCURRENT alone until the function moves it",
    steps: of("rotate-lambda", 3, 4, 5, 8, 9),
  },
  {
    emulator: "ministack",
    aws: "a primary with replicas cannot be deleted; replicas can be removed and promoted",
    steps: of("replicate", 8, 9, 11, 12, 13, "cleanup2", "cleanup"),
  },
  {
    emulator: "ministack",
    aws: "errors have __type and Message; what is unknown or of the wrong type has an error of its own",
    steps: [...of("get-errors", 8), ...of("wire", 3, 4, 6)],
  },
];
