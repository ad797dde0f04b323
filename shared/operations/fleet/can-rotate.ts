import type { Health } from "./health.ts";

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
