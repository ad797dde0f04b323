import { denial } from "../aws/iam.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { readPolicyDocument } from "../aws/policy-document.ts";
import { AwsError, type AwsCall, type PolicyDocument, type PolicyStatement } from "../aws/service.ts";
import { flag, limitedText, requiredText, secretIdOf } from "./input.ts";
import { refusals } from "./messages.ts";
import type { Backend, Operations } from "./operations.ts";
import type { Secret } from "./secret.ts";

const statementsOf = ({ Statement }: PolicyDocument): readonly PolicyStatement[] =>
  "Effect" in Statement ? [Statement] : Statement;

function parse(json: string): PolicyDocument {
  let policy: PolicyDocument;
  try {
    policy = readPolicyDocument(json);
  } catch (error) {
    if (error instanceof AwsError)
      throw refusals.malformedPolicy("This resource policy contains invalid Json or is no policy.");
    throw error;
  }
  const complete = statementsOf(policy).every(
    ({ Principal, Action, NotAction }) => Principal !== undefined && (Action ?? NotAction) !== undefined,
  );
  if (!complete) throw refusals.malformedPolicy("A statement of the resource policy has no Principal or no Action.");
  return policy;
}

/** The policy that is attached to the secret. */
export const resourcePolicyOf = ({ state }: Secret): PolicyDocument | undefined =>
  state.resourcePolicy === undefined ? undefined : parse(state.resourcePolicy);

/** Condition keys that keep a statement for everybody inside one organisation, network or account. */
const narrowing = /^aws:(?:principal(?:account|arn|org\w+)|source(?:account|arn|vpce?|owner|ip)|vpcsourceip)$/iu;

const isForEverybody = ({ Principal }: PolicyStatement): boolean =>
  (isMembers(Principal) ? Object.values(Principal).flat() : [Principal]).includes("*");

const isNarrow = ({ Condition = {} }: PolicyStatement): boolean =>
  Object.values(Condition).some((keys) => Object.keys(keys).some((key) => narrowing.test(key)));

const isPublic = (policy: PolicyDocument): boolean =>
  statementsOf(policy).some(
    (statement) => statement.Effect === "Allow" && isForEverybody(statement) && !isNarrow(statement),
  );

/** Whether the caller could no longer change the policy once it is attached. */
const locksOut = (policy: PolicyDocument, { principal, region }: AwsCall, resource: string): boolean =>
  denial({
    caller: principal,
    action: "secretsmanager:PutResourcePolicy",
    resource,
    resourcePolicy: policy,
    context: { "aws:RequestedRegion": region },
  })?.includes("explicit deny in a resource-based policy") === true;

export function resourcePolicyOperations({ table, nowMs }: Backend): Operations {
  const textOf = (input: Members): string => requiredText(input, "ResourcePolicy", { min: 1, max: 20_480 });
  const set = (secret: Secret, policy: string | undefined): Members => {
    secret.state.resourcePolicy = policy;
    secret.state.changedMs = nowMs();
    return { ARN: secret.arn, Name: secret.name };
  };
  return {
    PutResourcePolicy(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const text = textOf(input);
      const policy = parse(text);
      if (flag(input, "BlockPublicPolicy") && isPublic(policy)) throw refusals.publicPolicy();
      return set(secret, text);
    },
    GetResourcePolicy(input, { region }) {
      const secret = table(region).openAny(secretIdOf(input));
      return { ARN: secret.arn, Name: secret.name, ResourcePolicy: secret.state.resourcePolicy };
    },
    DeleteResourcePolicy: (input, { region }) => set(table(region).openPrimary(secretIdOf(input)), undefined),
    ValidateResourcePolicy(input, call) {
      const id = limitedText(input, "SecretId", { min: 1, max: 2048 });
      const arn = id === undefined ? "*" : table(call.region).openAny(secretIdOf(input)).arn;
      const policy = parse(textOf(input));
      const found = [
        isPublic(policy) && {
          CheckName: "PUBLIC_POLICY",
          ErrorMessage: "The policy allows broad access to the secret.",
        },
        locksOut(policy, call, arn) && { CheckName: "LOCKOUT", ErrorMessage: "The policy locks the caller out." },
      ].filter((error) => error !== false);
      return { PolicyValidationPassed: found.length === 0, ValidationErrors: found };
    },
  };
}
