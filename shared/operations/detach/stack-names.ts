/** The name of a function within its stack's: `rotate-postgres`. A stack that is itself called `…-rotate-…` is another one. */
const rotationFunction = /^rotate-(?!.*rotate-)[a-z-]+$/;

const partsOf = (arn: string): readonly string[] => arn.split(":");

/**
 * Whether a secret is rotated by one of a stack's functions, in the secret's own account and region. By name, because it must
 * also hold once the stack is deleted: Secrets Manager keeps a function's ARN when rotation is switched off.
 */
export function isRotatedByStack(
  { secretArn, rotationFunctionArn = "" }: { readonly secretArn: string; readonly rotationFunctionArn?: string },
  stack: string,
): boolean {
  const [, , , region, account] = partsOf(secretArn);
  const [, , , functionRegion, functionAccount, , name = ""] = partsOf(rotationFunctionArn);
  if (functionRegion !== region || functionAccount !== account || !name.startsWith(`${stack}-`)) return false;
  return rotationFunction.test(name.slice(stack.length + 1));
}

/** The function's ARN without a version or an alias. */
export const unqualified = (functionArn: string): string => partsOf(functionArn).slice(0, 7).join(":");
