import type { AwsServerName } from "../../support/aws-servers.ts";

export type Emulator = Exclude<AwsServerName, "the local stack">;

export type Suite = "store" | "publisher" | "client" | "functions" | "adoptions" | "cache users";

/** A test of the suites in this folder that an emulator does not pass, since it does not do what AWS does. */
export interface Difference {
  readonly emulator: Emulator;
  readonly suite: Suite;
  readonly test: string;
  /** What AWS does, and who says so. */
  readonly aws: string;
  /** How the test fails; when it fails otherwise, something else is wrong. */
  readonly seen: RegExp;
}

export const differences: readonly Difference[] = [
  {
    emulator: "moto",
    suite: "store",
    test: "describe leaves out a version without a label",
    aws: "VersionIdsToStages has no version without a label (LocalStack's recording of test_deprecated_secret_version_stage)",
    seen: /to not include/,
  },
  {
    emulator: "moto",
    suite: "store",
    test: "the date of a version has milliseconds",
    aws: "CreatedDate is in seconds with a fraction (the example in GetSecretValue's API reference)",
    seen: /expected \+?0 to be greater than 0/,
  },
  {
    emulator: "moto",
    suite: "store",
    test: "putPending of another value under the same token is a version-conflict",
    aws: "a version that has a value takes no other (moto's @aws_verified test_put_different_secret_value_with_same_token)",
    seen: /resolved "undefined" instead of rejecting/,
  },
  {
    emulator: "moto",
    suite: "store",
    test: "a read without a label gives the promoted version",
    aws: "VersionStage is AWSCURRENT by default (GetSecretValue's API reference)",
    seen: /expected 'first' to be 'next'/,
  },
  {
    emulator: "moto",
    suite: "store",
    test: "a secret that is scheduled for deletion is described, not read, and takes no value",
    aws: "PutSecretValue is InvalidRequestException then (its API reference)",
    seen: /resolved "undefined" instead of rejecting/,
  },
  {
    emulator: "moto",
    suite: "publisher",
    test: "the envelope names the account",
    aws: "every event has `account` (EventBridge's user guide, structure of events)",
    seen: /expected undefined to be '123456789012'/,
  },
  {
    emulator: "moto",
    suite: "publisher",
    test: "an event for a bus that does not exist is taken and dropped",
    aws: "PutEvents answers with an EventId (LocalStack's recording of test_put_events_nonexistent_event_bus)",
    seen: /event-rejected.*ResourceNotFoundException/,
  },
  {
    emulator: "moto",
    suite: "client",
    test: "what rekey publishes reaches a subscriber through bus, rule and topic",
    aws: "an SNS topic is a target (EventBridge's user guide, targets); moto answers PutEvents with HTTP status 500",
    seen: /events-unavailable/,
  },
  {
    emulator: "moto",
    suite: "client",
    test: "Secrets Manager itself announces a new AWSCURRENT on the default bus",
    aws: "`Secret Label Updated` is sent for it (Secrets Manager's user guide, secret event notifications)",
    seen: /expected undefined to match object/,
  },
  {
    emulator: "moto",
    suite: "functions",
    test: "a second rotation of alternating users comes back to the first",
    aws: "AWSPENDING on the version that is AWSCURRENT is no rotation in progress (RotateSecret's API reference)",
    seen: /Previous rotation request is still in progress/,
  },
  {
    emulator: "ministack",
    suite: "store",
    test: "describe leaves out a version without a label",
    aws: "the next AWSPENDING takes the label from the one before (LocalStack's recording of test_update_secret_version_stages_current_pending_cycle)",
    seen: /to not include/,
  },
  {
    emulator: "ministack",
    suite: "store",
    test: "the date of a version has milliseconds",
    aws: "CreatedDate is in seconds with a fraction (the example in GetSecretValue's API reference)",
    seen: /expected \+?0 to be greater than 0/,
  },
  {
    emulator: "ministack",
    suite: "store",
    test: "read gives nothing when the label is on another version",
    aws: "a label that is elsewhere is InvalidRequestException (LocalStack's recording of test_get_secret_value_errors)",
    seen: /to be undefined/,
  },
  {
    emulator: "ministack",
    suite: "store",
    test: "read gives nothing for a secret without a value",
    aws: "no version is made without a value (LocalStack's recording of test_create_secret_version_from_empty_secret)",
    seen: /expected 1 to be \+?0/,
  },
  {
    emulator: "ministack",
    suite: "store",
    test: "putPending of another value under the same token is a version-conflict",
    aws: "a version that has a value takes no other (moto's @aws_verified test_put_different_secret_value_with_same_token)",
    seen: /resolved "undefined" instead of rejecting/,
  },
  {
    emulator: "ministack",
    suite: "store",
    test: "RotateSecret registers AWSPENDING without a value, and putPending fills it",
    aws: "AWSCURRENT stays until the function moves it (moto's @aws_verified test_rotate_secret_using_lambda)",
    seen: /expected \[ 'AWSCURRENT' \] to deeply equal \[ 'AWSPENDING' \]/,
  },
  {
    emulator: "ministack",
    suite: "functions",
    test: "the four steps rotate a role from what RotateSecret registered",
    aws: "AWSCURRENT stays until the function moves it (moto's @aws_verified test_rotate_secret_using_lambda)",
    seen: /not to be/,
  },
  {
    emulator: "ministack",
    suite: "functions",
    test: "a rotation of alternating users gives the other user, and the first one still logs in",
    aws: "AWSCURRENT stays until the function moves it (moto's @aws_verified test_rotate_secret_using_lambda)",
    seen: /not to be/,
  },
  {
    emulator: "ministack",
    suite: "functions",
    test: "a second rotation of alternating users comes back to the first",
    aws: "AWSCURRENT stays until the function moves it (moto's @aws_verified test_rotate_secret_using_lambda)",
    seen: /expected true to be false/,
  },
  ...[
    "a change of an ElastiCache user that is not there is refused",
    "an ElastiCache user is given two passwords",
    "an ElastiCache user that is being changed takes no other change",
  ].map((test) => ({
    emulator: "moto" as const,
    suite: "cache users" as const,
    test,
    aws: "ModifyUser changes a user's passwords (ElastiCache's API reference); moto does not have it",
    seen: /status=500|database-unreachable/,
  })),
  {
    emulator: "ministack",
    suite: "cache users",
    test: "an ElastiCache user takes no password shorter than 16 characters",
    aws: "passwords have 16 to 128 characters (ElastiCache's user guide, role-based access control)",
    seen: /instead of rejecting/,
  },
  {
    emulator: "ministack",
    suite: "cache users",
    test: "an ElastiCache user is given two passwords",
    aws: "PasswordCount is the number of passwords that the user has (Authentication in ElastiCache's API reference)",
    seen: /to match object/,
  },
  {
    emulator: "ministack",
    suite: "cache users",
    test: "an ElastiCache user that is being changed takes no other change",
    aws: "a user that is not active is InvalidUserState (ModifyUser's API reference)",
    seen: /expected 'accepted' to be 'busy'/,
  },
  ...[
    "a MemoryDB user is described by its ARN, name, kind of login and number of passwords",
    "a MemoryDB user that is not there is absent, and a change of it is refused",
    "a MemoryDB user's name is taken once",
    "a MemoryDB user is given two passwords",
  ].map((test) => ({
    emulator: "ministack" as const,
    suite: "cache users" as const,
    test,
    aws: "MemoryDB has users (its API reference); ministack does not have the service",
    seen: /Unknown/,
  })),
];
