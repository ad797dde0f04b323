import { randomBytes } from "node:crypto";
import type { DeployedResource } from "../intrinsics.ts";
import { TemplateError } from "../../../deploy/reading/read-template.ts";
import { same, wordName, type PhysicalName, type Provider, type ResourceKind, type ResourceToDeploy } from "./kind.ts";
import { defined } from "../../../shared/secrets/defined.ts";

interface Recorded {
  readonly createOnly: readonly string[];
  readonly name?: PhysicalName;
  /** What a reference gives and the attributes, from the name. */
  readonly made: (resource: ResourceToDeploy, provider: Provider) => DeployedResource;
}

/** A kind that means something only on AWS: it stands in the account's books, where a name stands once. */
function recorded({ createOnly, name, made }: Recorded): ResourceKind {
  const entry = ({ type, name: given }: Pick<ResourceToDeploy, "type" | "name">): string => `${type} ${given}`;
  return {
    createOnly,
    ...defined({ name }),
    async create(resource, provider) {
      if (provider.recorded.has(entry(resource)))
        throw new TemplateError(`${resource.logicalId}: ${entry(resource)} already exists`);
      provider.recorded.set(entry(resource), resource.properties);
      return made(resource, provider);
    },
    async update(resource, provider, existing) {
      provider.recorded.set(entry(resource), resource.properties);
      return same(existing);
    },
    async remove(existing, provider) {
      provider.recorded.delete(entry(existing));
    },
  };
}

const arn =
  (service: string, kind: string): Recorded["made"] =>
  ({ name }, { region, accountId }) => ({
    ref: name,
    attributes: { Arn: `arn:aws:${service}:${region}:${accountId}:${kind}${name}` },
  });

/** EC2's ids are its own. */
const withId =
  (prefix: string, attribute: string): Recorded["made"] =>
  () => {
    const id = `${prefix}-${randomBytes(8).toString("hex")}`;
    return { ref: id, attributes: { Id: id, [attribute]: id } };
  };

const named = (name: PhysicalName, made: Recorded["made"], ...createOnly: string[]): ResourceKind =>
  recorded({ createOnly: [name.property, ...createOnly], name, made });

export const recordedKinds: Readonly<Record<string, ResourceKind>> = {
  "AWS::CDK::Metadata": recorded({ createOnly: [], made: arn("cdk", "") }),
  "AWS::CloudWatch::Alarm": named(
    { property: "AlarmName", longest: 255, pattern: /^[^\p{Cc}]+$/u },
    arn("cloudwatch", "alarm:"),
  ),
  "AWS::CloudWatch::Dashboard": named(wordName("DashboardName", 255), arn("cloudwatch", "dashboard/")),
  "AWS::EC2::SecurityGroup": recorded({
    createOnly: ["GroupDescription", "GroupName", "VpcId"],
    name: { property: "GroupName", longest: 255, pattern: /^[\w .:/()#,@[\]+=&;{}!$*-]+$/u },
    made: withId("sg", "GroupId"),
  }),
  "AWS::EC2::SecurityGroupEgress": recorded({
    createOnly: [
      "CidrIp",
      "CidrIpv6",
      "DestinationPrefixListId",
      "DestinationSecurityGroupId",
      "FromPort",
      "GroupId",
      "IpProtocol",
      "ToPort",
    ],
    made: withId("sgr", "Id"),
  }),
  "AWS::EC2::SecurityGroupIngress": recorded({
    createOnly: [
      "CidrIp",
      "CidrIpv6",
      "FromPort",
      "GroupId",
      "GroupName",
      "IpProtocol",
      "SourcePrefixListId",
      "SourceSecurityGroupId",
      "SourceSecurityGroupName",
      "SourceSecurityGroupOwnerId",
      "ToPort",
    ],
    made: withId("sgr", "Id"),
  }),
  "AWS::EC2::VPCEndpoint": recorded({
    createOnly: [
      "DnsOptions/PrivateDnsPreference",
      "DnsOptions/PrivateDnsSpecifiedDomains",
      "ResourceConfigurationArn",
      "ServiceName",
      "ServiceNetworkArn",
      "ServiceRegion",
      "VpcEndpointType",
      "VpcId",
    ],
    made: withId("vpce", "Id"),
  }),
  "AWS::EventSchemas::Registry": named(
    { property: "RegistryName", longest: 64, pattern: /^[\w.-]+$/u },
    ({ name }, { region, accountId }) => {
      const registry = `arn:aws:schemas:${region}:${accountId}:registry/${name}`;
      return { ref: registry, attributes: { RegistryArn: registry, RegistryName: name } };
    },
  ),
  "AWS::EventSchemas::Schema": named(
    { property: "SchemaName", longest: 385, pattern: /^[\w.@-]+$/u },
    ({ name, properties }, { region, accountId }) => {
      const schema = `arn:aws:schemas:${region}:${accountId}:schema/${String(properties["RegistryName"])}/${name}`;
      return { ref: schema, attributes: { SchemaArn: schema, SchemaName: name } };
    },
    "RegistryName",
  ),
  "AWS::Events::Archive": named(
    { property: "ArchiveName", longest: 48, pattern: /^[.\w-]+$/u },
    arn("events", "archive/"),
    "SourceArn",
  ),
  "AWS::IAM::ManagedPolicy": recorded({
    createOnly: ["Description", "ManagedPolicyName", "Path"],
    name: { property: "ManagedPolicyName", longest: 128, pattern: /^[\w+=,.@-]+$/u },
    made: ({ name }, { accountId }) => {
      const policy = `arn:aws:iam::${accountId}:policy/${name}`;
      return { ref: policy, attributes: { PolicyArn: policy } };
    },
  }),
  "AWS::Logs::LogGroup": named(
    { property: "LogGroupName", longest: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/u },
    ({ name }, { region, accountId }) => ({
      ref: name,
      attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` },
    }),
  ),
};
