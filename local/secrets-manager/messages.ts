import { AwsError } from "../aws/service.ts";

const request = (message: string): AwsError => new AwsError("InvalidRequestException", message);
const notFound = (message: string): AwsError =>
  new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified ${message}`);

/** A parameter that is wrong whatever the state of the secret is. */
export const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterException", message);

/** Secrets Manager's refusals in its own words, as recorded from AWS wherever a recording exists. */
export const refusals = {
  invalidName: () =>
    new AwsError(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ),
  /** What the service model forbids: lengths, patterns, list sizes. Never shows the value. */
  constraint: (member: string, rule: string) =>
    new AwsError(
      "ValidationException",
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${rule}`,
    ),
  filterKey: (key: string, position: number, known: readonly string[]) =>
    new AwsError(
      "ValidationException",
      `1 validation error detected: Value '${key}' at 'filters.${position}.member.key' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(", ")}]`,
    ),
  secretNotFound: () => notFound("secret."),
  labelNotFound: (label: string) => notFound(`secret value for staging label: ${label}`),
  versionNotFound: (versionId: string) => notFound(`secret value for VersionId: ${versionId}`),
  labelElsewhere: () => request("You provided a VersionStage that is not associated to the provided VersionId."),
  nameTaken: (name: string) =>
    new AwsError("ResourceExistsException", `The operation failed because the secret ${name} already exists.`),
  nameMarkedForDeletion: () =>
    request("You can't create this secret because a secret with this name is already scheduled for deletion."),
  markedForDeletion: () =>
    request("You can't perform this operation on the secret because it was marked for deletion."),
  tokenTaken: (type: "ResourceExistsException" | "InvalidParameterException", token: string, arn: string) =>
    new AwsError(
      type,
      `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
    ),
  tokenMissing: (type: "InvalidRequestException" | "InvalidParameterException") =>
    new AwsError(type, "You must provide a ClientRequestToken value. We recommend a UUID-type value."),
  replica: () =>
    invalidParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region."),
  notReplica: () => request("Operation not permitted on a primary secret. The secret is not a replica."),
  hasReplicas: (name: string, regions: readonly string[]) =>
    request(`You can't delete secret ${name} that still has replica regions [${regions.join(", ")}]`),
  noFunction: () => request("No Lambda rotation function ARN is associated with this secret."),
  managedRotation: () =>
    request(
      "Rotation by a partner or by the managing service is not emulated; RotateImmediately=false keeps its settings.",
    ),
  functionNotInvokable: () =>
    new AwsError(
      "AccessDeniedException",
      "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
    ),
  rotationUnfinished: () => request("A previous rotation isn't complete. That rotation will be reattempted."),
  moveNeedsOrigin: (label: string, holder: string) =>
    invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    ),
  tooManyLabels: () =>
    new AwsError("LimitExceededException", "A secret can't have more than 20 staging labels on all of its versions."),
  nextToken: () => new AwsError("InvalidNextTokenException", "The NextToken value is invalid."),
  malformedPolicy: (message: string) => new AwsError("MalformedPolicyDocumentException", message),
  publicPolicy: () =>
    new AwsError(
      "PublicPolicyException",
      "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.",
    ),
} as const;
