const nameOf = (secretId: string): string => secretId.split(":secret:").at(-1) ?? secretId;
const isArn = (secretId: string): boolean => secretId.includes(":secret:");
const withoutSuffix = (name: string): string => name.replace(/-[A-Za-z0-9]{6}$/, "");

const known = new Map<string, string>();
const mostKnown = 100;

/** One text for all that are equal: ten thousand secrets are mostly of one account. */
function shared(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= mostKnown) known.clear();
  known.set(text, text);
  return text;
}

/**
 * Partition and account of an ARN, such as `aws-cn:123456789012`; `undefined` for any other form of an id. Not the region:
 * a replica is the same secret.
 */
export function accountIn(secretId: string | undefined): string | undefined {
  if (secretId === undefined || !isArn(secretId)) return undefined;
  const [arn, partition = "", , , account = ""] = secretId.split(":", 5);
  return arn === "arn" && partition !== "" && account !== "" ? shared(`${partition}:${account}`) : undefined;
}

/**
 * Whether two ids stand for one secret: equal, a name or an ARN without its random suffix beside the full ARN, or the ARN of
 * a replica, which differs by its region only.
 */
export function isSameSecret(one: string, other: string): boolean {
  if (one === other) return true;
  if (isArn(one) && isArn(other) && accountIn(one) !== accountIn(other)) return false;
  const [oneName, otherName] = [nameOf(one), nameOf(other)];
  if (oneName === otherName) return true;
  return (isArn(other) && withoutSuffix(otherName) === oneName) || (isArn(one) && withoutSuffix(oneName) === otherName);
}

/** Whether two accounts may be one: one of them is not known, or they are equal. */
export const mayBeOneAccount = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;

/** The name alone, as every form of an id gives it but a name that looks like an ARN's end. */
export const bareName = (secretId: string): string => {
  const name = nameOf(secretId);
  return isArn(secretId) ? withoutSuffix(name) : name;
};
