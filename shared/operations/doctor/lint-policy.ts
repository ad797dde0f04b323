import { isMembers } from "../../answers/members.ts";
import { RekeyError } from "../../errors/rekey-error.ts";

export interface PolicyFinding {
  readonly code:
    | "suffix-missing"
    | "every-action"
    | "every-secret"
    | "not-action"
    | "not-resource"
    | "key-missing"
    | "key-not-bound";
  readonly severity: "error" | "warning";
  /** The statement's Sid, else its place from 1 on. */
  readonly statement: string;
  readonly meaning: string;
  /** What to write instead. */
  readonly correction: string;
}

interface Statement {
  readonly name: string;
  readonly effect: unknown;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly members: Readonly<Record<string, unknown>>;
}

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item) => typeof item === "string");

/** What the four steps of a rotation call. */
const rotationActions = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
/** The actions that take no secret: IAM's service authorization reference of Secrets Manager. */
const withoutResource = /^secretsmanager:(?:ListSecrets|GetRandomPassword|BatchGetSecretValue)$/iu;
const ofSecrets = (action: string): boolean => /^(?:secretsmanager:|\*$)/iu.test(action);
const secretArn = /^(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:)(.+)$/u;
const completeEnd = /(?:\*|-\?{6}|-[A-Za-z0-9]{6})$/u;

function readStatements(json: string): readonly Statement[] {
  const malformed = (problem: string): RekeyError =>
    new RekeyError("option-invalid", { context: { option: "policy", problem } });
  let policy: unknown;
  try {
    policy = JSON.parse(json);
  } catch {
    throw malformed("not JSON");
  }
  const listed = isMembers(policy) ? policy["Statement"] : undefined;
  const statements: readonly unknown[] = Array.isArray(listed) ? listed : [listed];
  if (statements.length === 0 || !statements.every(isMembers)) throw malformed("no statements");
  return statements.map((members, index) => ({
    name: typeof members["Sid"] === "string" ? members["Sid"] : String(index + 1),
    effect: members["Effect"],
    actions: texts(members["Action"]),
    resources: texts(members["Resource"]),
    members,
  }));
}

function* withoutSuffix({ name, resources }: Statement): Generator<PolicyFinding> {
  for (const arn of resources.filter((resource) => secretArn.test(resource) && !completeEnd.test(resource))) {
    yield {
      code: "suffix-missing",
      severity: "error",
      statement: name,
      meaning: `${arn} matches no secret: a secret's ARN ends with a hyphen and six random characters`,
      correction: `"${arn}-??????"`,
    };
  }
}

function* tooOpen({ name, actions, resources, members }: Statement): Generator<PolicyFinding> {
  const found = (code: PolicyFinding["code"], meaning: string, correction: string): PolicyFinding => ({
    code,
    severity: "warning",
    statement: name,
    meaning,
    correction,
  });
  const open = actions.filter((action) => ofSecrets(action) && action.includes("*"));
  if (open.length > 0) {
    const list = rotationActions.map((action) => `"secretsmanager:${action}"`).join(", ");
    yield found("every-action", `${open.join(", ")} lets its holder delete secrets and replace their policies`, list);
  }
  if (members["NotAction"] !== undefined) {
    yield found("not-action", "NotAction allows every action that it does not name", `"Action": [ … ]`);
  }
  if (members["NotResource"] !== undefined) {
    yield found("not-resource", "NotResource allows every secret that it does not name", `"Resource": [ … ]`);
  }
  const needsResource = actions.some((action) => ofSecrets(action) && !withoutResource.test(action));
  const every = resources.filter((resource) => resource === "*" || secretArn.exec(resource)?.[2] === "*");
  const byTag = JSON.stringify(members["Condition"] ?? {}).includes("ResourceTag/");
  if (needsResource && every.length > 0 && !byTag) {
    yield found(
      "every-secret",
      `${every.join(", ")} is every secret`,
      `"arn:aws:secretsmanager:<region>:<account>:secret:<prefix>/*", or a Condition on secretsmanager:ResourceTag/<key>`,
    );
  }
}

function* aboutKey(statements: readonly Statement[], keyArn: string | undefined): Generator<PolicyFinding> {
  const decrypting = statements.filter(({ actions }) =>
    actions.some((action) => /^kms:(?:Decrypt|\*)$/iu.test(action)),
  );
  const onKey = decrypting.filter(
    ({ resources }) => keyArn !== undefined && resources.some((resource) => resource === keyArn || resource === "*"),
  );
  if (keyArn !== undefined && onKey.length === 0) {
    yield {
      code: "key-missing",
      severity: "error",
      statement: "none",
      meaning: "no statement allows kms:Decrypt on the customer managed key of the secrets",
      correction: `{ "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "${keyArn}", "Condition": { "StringEquals": { "kms:ViaService": "secretsmanager.<region>.amazonaws.com" } } }`,
    };
  }
  for (const { name, members } of decrypting) {
    if (JSON.stringify(members["Condition"] ?? {}).includes("kms:ViaService")) continue;
    yield {
      code: "key-not-bound",
      severity: "warning",
      statement: name,
      meaning: "the key decrypts whatever it ever encrypted, not only what Secrets Manager hands over",
      correction: `"Condition": { "StringEquals": { "kms:ViaService": "secretsmanager.<region>.amazonaws.com" } }`,
    };
  }
}

/**
 * What is wrong with an IAM policy, as JSON text, that lets somebody use secrets. `keyArn` is the customer managed key of
 * the secrets, if they have one. Statements that deny are not looked at. Errors: `option-invalid` for what is no policy.
 */
export function lintPolicy(json: string, keyArn?: string): readonly PolicyFinding[] {
  const statements = readStatements(json).filter(({ effect }) => effect === "Allow");
  const usesSecrets = ({ actions, members }: Statement): boolean =>
    actions.some(ofSecrets) || members["NotAction"] !== undefined;
  const relevant = statements.filter(usesSecrets);
  return [
    ...relevant.flatMap((statement) => [...withoutSuffix(statement), ...tooOpen(statement)]),
    ...aboutKey(statements, keyArn),
  ];
}
