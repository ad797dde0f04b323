/**
 * Whether an ARN fits one of these patterns, read as IAM reads them: `*` is any text, `?` one character. What a function's
 * role may touch and what it takes for its own are then the same.
 */
export function arnPatterns(patterns: readonly string[]): (arn: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
    return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
  });
  return (arn) => expressions.some((expression) => expression.test(arn));
}
