const nameOf = (secretId: string): string => secretId.split(":secret:").at(-1) ?? secretId;
const isArn = (secretId: string): boolean => secretId.includes(":secret:");
const accountOf = (arn: string): string | undefined => arn.split(":")[4];
const withoutSuffix = (name: string): string => name.replace(/-[A-Za-z0-9]{6}$/, "");

/**
 * Whether two ids stand for one secret: equal, a name or an ARN without its random suffix beside the full ARN, or the ARN of
 * a replica, which differs by its region only.
 */
export function isSameSecret(one: string, other: string): boolean {
  if (one === other) return true;
  if (isArn(one) && isArn(other) && accountOf(one) !== accountOf(other)) return false;
  const [oneName, otherName] = [nameOf(one), nameOf(other)];
  if (oneName === otherName) return true;
  return (isArn(other) && withoutSuffix(otherName) === oneName) || (isArn(one) && withoutSuffix(oneName) === otherName);
}

/** The name alone, as every form of an id gives it but a name that looks like an ARN's end. */
export const bareName = (secretId: string): string => {
  const name = nameOf(secretId);
  return isArn(secretId) ? withoutSuffix(name) : name;
};
