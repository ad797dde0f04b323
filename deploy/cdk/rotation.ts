import { Annotations, Names, Tags, type Duration } from "aws-cdk-lib";
import type { IConnectable } from "aws-cdk-lib/aws-ec2";
import { CfnRotationSchedule, CfnSecret, type ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct, IConstruct } from "constructs";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { pascalCase } from "../reading/function-names.ts";
import { adminSecretTag, graceTag, strategyTag } from "../../shared/tags/tag-names.ts";
import { engines } from "./rekey-settings.ts";

export type RotationEngine = (typeof engines)[number];

/** A database of the CDK's: what RDS and Aurora say of their engine is read from it. */
export interface RotatedDatabase extends IConnectable {
  readonly engine?: { readonly engineType?: string | undefined } | undefined;
}

export interface RotationOptions {
  /** The database. The functions are let in at its port, and its engine is the default of `engine`. */
  readonly database?: RotatedDatabase;
  /** Which rotation function. Default: the one of `database`. */
  readonly engine?: RotationEngine;
  /** Default: `alternating-users` with an `adminSecret`, else `single-user`. */
  readonly strategy?: "single-user" | "alternating-users" | "dual-password" | "issued";
  /** The administrator's login. The functions are granted its use, and the secret names it. */
  readonly adminSecret?: ISecret;
  /** A `Schedule` of `aws-events`, `rate(…)` or `cron(…)`. Default: every 30 days. */
  readonly schedule?: { readonly expressionString: string };
  /** How long after its time a scheduled rotation may begin. */
  readonly window?: Duration;
  /** Whether to rotate when this is deployed. Default: false, since the user must be there first. */
  readonly rotateImmediately?: boolean;
  /** How long the replaced credential still logs in, where two can. */
  readonly grace?: Duration;
  /** Further tags that rekey reads, such as `rekey:password-charset`. */
  readonly tags?: Readonly<Record<`rekey:${string}`, string>>;
}

const invalid = (option: string, problem: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem } });

/** The engine that the options name, or that their database is of. Errors: `option-invalid`. */
export function engineOf({ engine, database }: RotationOptions): RotationEngine {
  const type = engine ?? database?.engine?.engineType;
  if (type === undefined) throw invalid("engine", "must be set, because the database does not name its engine");
  const known = engines.find(
    (name) => name === type.replace(/^aurora-(?=postgresql$|mysql$)/u, "").replace("postgresql", "postgres"),
  );
  if (known === undefined) throw invalid("engine", `${type} has no rotation function`);
  return known;
}

/** The function's logical id in the template. */
export const functionOf = (engine: RotationEngine): string => pascalCase(`rotate-${engine}`);

/** The resource behind a secret, which takes tags; what is attached to a database is its child. */
function taggable(secret: IConstruct): IConstruct | undefined {
  return secret.node.scopes.find(({ node }) => node.defaultChild instanceof CfnSecret);
}

function tagsOf({ strategy, adminSecret, grace, tags }: RotationOptions): Readonly<Record<string, string>> {
  return {
    [strategyTag]: strategy ?? (adminSecret === undefined ? "single-user" : "alternating-users"),
    ...(adminSecret === undefined ? {} : { [adminSecretTag]: adminSecret.secretArn }),
    ...(grace === undefined ? {} : { [graceTag]: `${grace.toMinutes()}m` }),
    ...tags,
  };
}

/** Puts a secret on its schedule with a function, and writes into its tags how it is rotated. */
export function scheduleRotation(
  scope: Construct,
  functionArn: string,
  secret: ISecret,
  options: RotationOptions,
): CfnRotationSchedule {
  const { schedule, window, rotateImmediately = false } = options;
  const tagged = taggable(secret);
  for (const [name, value] of Object.entries(tagsOf(options))) {
    if (tagged === undefined) {
      const text = `${secret.node.path} is not made here: set its tag ${name} to ${value} where it is.`;
      Annotations.of(scope).addWarningV2(`rekey:tag:${name}`, text);
    } else Tags.of(tagged).add(name, value);
  }
  return new CfnRotationSchedule(scope, `Rotation${Names.nodeUniqueId(secret.node)}`, {
    secretId: secret.secretFullArn ?? secret.secretName,
    rotationLambdaArn: functionArn,
    rotateImmediatelyOnUpdate: rotateImmediately,
    rotationRules: {
      scheduleExpression: schedule?.expressionString ?? "rate(30 days)",
      ...(window === undefined ? {} : { duration: `${window.toHours()}h` }),
    },
  });
}
