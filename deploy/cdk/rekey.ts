import { Annotations, Stack, type CfnResource, type StackProps } from "aws-cdk-lib";
import { Connections, SecurityGroup, type IConnectable, type ISecurityGroup } from "aws-cdk-lib/aws-ec2";
import { EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import type { CfnRotationSchedule, ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Topic, type ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { deployTemplate } from "./deployed-template.ts";
import { ImportedRekey, type IRekey } from "./imported-rekey.ts";
import { parameterValues, type RekeyConfiguration } from "./parameter-values.ts";
import { readTemplate } from "./read-template.ts";
import { engineOf, functionOf, scheduleRotation, type RotationEngine, type RotationOptions } from "./rotation.ts";
import { TemplateLogic } from "./template-logic.ts";

export interface RekeyProps extends StackProps, RekeyConfiguration {}

/** A stack within another one is deployed to where that one is. */
function surroundings(scope: Construct): Pick<StackProps, "env"> {
  const around = scope.node.scopes.toReversed().find((construct) => Stack.isStack(construct));
  return around === undefined ? {} : { env: { account: around.account, region: around.region } };
}

/** rekey as a stack of its own: its functions with their roles, queues and alarms, and the schedules of secrets. */
export class Rekey extends Stack implements IRekey, IConnectable {
  /** A stack that was deployed elsewhere into this account and region, by its name. */
  static fromStackName(scope: Construct, id: string, stackName: string): IRekey {
    return new ImportedRekey(scope, id, stackName);
  }

  /** The functions' security groups. */
  readonly connections: Connections;
  readonly #rotated: ISecret[] = [];
  readonly #admins: ISecret[] = [];

  constructor(scope: Construct, id: string, props: RekeyProps = {}) {
    super(scope, id, { ...surroundings(scope), ...props });
    const { vpc, securityGroups = vpc === undefined ? [] : [new SecurityGroup(this, "Functions", { vpc })] } = props;
    this.connections = new Connections({ securityGroups: [...securityGroups] });
    const template = readTemplate();
    const logic = new TemplateLogic(template, () =>
      parameterValues(template.Parameters, this, this.#complete(props, securityGroups)),
    );
    deployTemplate(this, template, logic);
    this.node.addValidation({ validate: () => [...this.#nameProblems(), ...logic.problems()] });
  }

  /** The bus that `Secret Rotated` and the other events are published on. */
  get eventBus(): IEventBus {
    return EventBus.fromEventBusName(this, "Bus", this.resource("EventBus").ref);
  }

  /** What each instance's queue subscribes to. */
  get secretRotatedTopic(): ITopic {
    return Topic.fromTopicArn(this, "Topic", this.resource("SecretRotatedTopic").ref);
  }

  /** A resource of rekey's template by its logical id, for what has no property here. */
  resource(logicalId: string): CfnResource {
    return this.node.findChild(logicalId) as CfnResource;
  }

  functionArn(engine: RotationEngine): string {
    return this.resource(functionOf(engine)).getAtt("Arn").toString();
  }

  rotate(secret: ISecret, options: RotationOptions = {}): CfnRotationSchedule {
    const engine = engineOf(options);
    const { adminSecret, database } = options;
    this.#rotated.push(secret);
    if (adminSecret !== undefined) this.#admins.push(adminSecret);
    if (database !== undefined) this.#open(database);
    const schedule = scheduleRotation(this, this.functionArn(engine), secret, options);
    schedule.addOverride("DependsOn", [`SecretsManagerInvokes${functionOf(engine)}`]);
    return schedule;
  }

  #open(database: IConnectable): void {
    if (this.connections.securityGroups.length > 0) this.connections.allowToDefaultPort(database, "rekey");
    else {
      const text = "rekey has no vpc, so its functions reach this database only at a public address.";
      Annotations.of(this).addWarningV2("rekey:vpc", text);
    }
  }

  /** The configuration with what `rotate` was given. */
  #complete(props: RekeyProps, securityGroups: readonly ISecurityGroup[]): RekeyConfiguration {
    const secrets = [...(props.secrets ?? []), ...this.#rotated];
    const adminSecrets = [...(props.adminSecrets ?? []), ...this.#admins];
    return { ...props, secrets, adminSecrets, securityGroups };
  }

  /** Lambda's limit for a function's name, which begins with the stack's. */
  #nameProblems(): readonly string[] {
    const longest = 64 - "-rotate-vault-static-role".length;
    return this.stackName.length > longest ? [`stackName: ${this.stackName} has more than ${longest} characters`] : [];
  }
}
