import { type ConditionContext, conditionsHold, glob } from "./iam-conditions.ts";
import { AwsError, type PolicyDocument, type PolicyStatement, type Principal } from "./service.ts";

/** A person, a role or the administrator, or AWS itself in one of its services, such as `events.amazonaws.com`. */
export type Caller = Principal | { readonly service: string };

export interface AccessRequest {
  readonly caller: Caller;
  /** `service:Operation`. */
  readonly action: string;
  readonly resource: string;
  readonly resourcePolicy?: PolicyDocument | undefined;
  /** Whether the resource's policy must allow also what the identity's does, as a role's trust policy must. */
  readonly needsResourcePolicy?: boolean;
  /** Condition keys by name, such as `aws:SourceArn`. */
  readonly context: Readonly<Record<string, string | undefined>>;
}

/** Why a request is not allowed, in the words that AWS's messages end with. */
type Denial = string;

const list = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;
const statements = (policy: PolicyDocument): readonly PolicyStatement[] =>
  "Effect" in policy.Statement ? [policy.Statement] : policy.Statement;

function covers(statement: PolicyStatement, action: string, resource: string): boolean {
  const anyAction = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => glob(pattern, "i").test(action));
  const anyResource = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => glob(pattern).test(resource));
  const actionMatches =
    statement.Action === undefined ? !anyAction(list(statement.NotAction)) : anyAction(list(statement.Action));
  const resourceMatches =
    statement.Resource === undefined
      ? statement.NotResource === undefined || !anyResource(list(statement.NotResource))
      : anyResource(list(statement.Resource));
  return actionMatches && resourceMatches;
}

/** What `aws:PrincipalArn` says of a caller: of a role's session, the role. */
function principalArn(arn: string): string {
  const session = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//u.exec(arn);
  return session === null ? arn : `arn:aws:iam::${session[1]}:role/${session[2]}`;
}

/** Whether a resource policy's `Principal` names the caller. The whole account counts only where `accountCounts`. */
function names(element: unknown, caller: Caller, accountCounts: boolean): boolean {
  if (element === "*") return true;
  if (typeof element !== "object" || element === null) return false;
  const wanted = (kind: string): string[] => {
    const value: unknown = Object.entries(element).find(([key]) => key === kind)?.[1];
    return (Array.isArray(value) ? value : [value]).map(String);
  };
  if ("service" in caller) return wanted("Service").includes(caller.service);
  const root = `arn:aws:iam::${caller.accountId}:root`;
  const role = principalArn(caller.arn);
  return wanted("AWS").some(
    (value) =>
      value === "*" ||
      value === caller.arn ||
      value === role ||
      (accountCounts && (value === root || value === caller.accountId)),
  );
}

function keysOfPrincipal({ arn, accountId, tags = {} }: Principal): Readonly<Record<string, string>> {
  const ofTags = Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]);
  return {
    "aws:PrincipalArn": principalArn(arn),
    "aws:PrincipalAccount": accountId,
    "aws:PrincipalIsAWSService": "false",
    ...Object.fromEntries(ofTags),
  };
}

function contextOf(request: AccessRequest): ConditionContext {
  const { caller } = request;
  const known = Object.entries({
    ...request.context,
    // As on AWS, where every call comes over TLS; the local stack listens on loopback.
    "aws:SecureTransport": "true",
    ...("service" in caller
      ? { "aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.service }
      : keysOfPrincipal(caller)),
  });
  return new Map(known.flatMap(([key, value]) => (value === undefined ? [] : [[key.toLowerCase(), value]])));
}

/**
 * IAM's decision: an explicit deny wins; in one account either the identity's or the resource's policy must allow, across
 * accounts both must; a service principal needs the resource's policy. A policy that names the whole account leaves the
 * decision to that account's identity policies.
 */
export function denial(request: AccessRequest): Denial | undefined {
  const { caller, action, resource } = request;
  const context = contextOf(request);
  const applies = (statement: PolicyStatement): boolean =>
    covers(statement, action, resource) && conditionsHold(statement.Condition, context);
  const identityPolicies = "service" in caller ? [] : caller.policies;
  const identity = identityPolicies?.flatMap(statements).filter(applies);
  const resourceAccount = resource.split(":")[4];
  const isElsewhere = !("service" in caller) && !!resourceAccount && resourceAccount !== caller.accountId;
  const bothCount = request.needsResourcePolicy === true || isElsewhere;
  const attached = request.resourcePolicy === undefined ? [] : statements(request.resourcePolicy).filter(applies);

  if (identity?.some(({ Effect }) => Effect === "Deny")) return "with an explicit deny in an identity-based policy";
  if (attached.some(({ Effect, Principal }) => Effect === "Deny" && names(Principal, caller, true))) {
    return "with an explicit deny in a resource-based policy";
  }
  const byResource = attached.some(
    ({ Effect, Principal }) => Effect === "Allow" && names(Principal, caller, bothCount),
  );
  const byIdentity = identity === undefined || identity.some(({ Effect }) => Effect === "Allow");
  if (bothCount && byIdentity && !byResource) return `because no resource-based policy allows the ${action} action`;
  if (bothCount ? byIdentity : byIdentity || byResource) return undefined;
  return "service" in caller
    ? `because no resource-based policy allows the ${action} action`
    : `because no identity-based policy allows the ${action} action`;
}

/** Errors: `AccessDeniedException` in AWS's words. */
export function authorise(request: AccessRequest): void {
  const reason = denial(request);
  if (reason === undefined) return;
  const caller = "service" in request.caller ? request.caller.service : request.caller.arn;
  throw new AwsError(
    "AccessDeniedException",
    `User: ${caller} is not authorized to perform: ${request.action} on resource: ${request.resource} ${reason}`,
  );
}
