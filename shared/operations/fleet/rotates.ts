import type { Health } from "./health.ts";

/** Whether a rotation by hand can be asked for. */
export const rotates = ({
  rotationFunctionArn,
  health,
}: {
  readonly rotationFunctionArn?: string;
  readonly health: Health;
}): boolean => rotationFunctionArn !== undefined && health !== "off" && health !== "deleted";
