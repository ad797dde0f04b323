/**
 * What is wrong comes first. `stuck`: AWSPENDING has waited on a new version for an hour, or waits though rotation is off.
 * `empty`: there is no AWSCURRENT. `overdue`: Secrets Manager should have rotated an hour ago. `rotating`: AWSPENDING waits on a
 * new version. `off`: rotation is not enabled.
 */
export const healthInOrder = ["stuck", "empty", "overdue", "rotating", "off", "deleted", "healthy"] as const;

export type Health = (typeof healthInOrder)[number];

/** Whether a rotation by hand can be asked for. */
export const canRotate = ({
  rotationFunctionArn,
  managedBy,
  health,
}: {
  readonly rotationFunctionArn?: string;
  readonly managedBy?: string;
  readonly health: Health;
}): boolean => rotationFunctionArn !== undefined && managedBy === undefined && health !== "off" && health !== "deleted";
