import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { denial } from "../../local/aws/iam.ts";
import { record, recordList, text } from "../../local/aws/members.ts";
import type { PolicyDocument } from "../../local/aws/service.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { policiesOf } from "../support/template-policies.ts";

const read = (name: string) => readTemplate(readFileSync(resolve(import.meta.dirname, "../..", name), "utf8"));
const template = read("templates/vpc-endpoints.yaml");
const endpoints = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::EC2::VPCEndpoint");
const ofInterfaces = endpoints.filter(([, endpoint]) => record(endpoint, "Properties")["PrivateDnsEnabled"] === true);
const given = { VpcId: "vpc-01234567", VpcCidr: "10.0.0.0/16", SubnetIds: "subnet-01234567", RouteTableIds: "rtb-1" };

test("rekey's own stack makes no endpoint, since one with private DNS serves the whole VPC", () => {
  const { Resources } = read("template.yaml");
  const made = Object.values(Resources).flatMap((resource) => [
    text(resource, "Type"),
    String(record(resource, "Properties")["Location"]),
  ]);
  expect(made.filter((name) => /VPCEndpoint|vpc-endpoints/u.test(name))).toEqual([]);
});

test("every address of the VPC may use the interface endpoints, not the functions alone", () => {
  const group = record(template.Resources["EndpointSecurityGroup"] ?? {}, "Properties");
  expect(recordList(group, "SecurityGroupIngress")).toMatchObject([{ CidrIp: { Ref: "VpcCidr" }, FromPort: 443 }]);
  expect(ofInterfaces.length).toBeGreaterThan(3);
  for (const [, endpoint] of ofInterfaces) {
    expect(JSON.stringify(record(endpoint, "Properties")["SecurityGroupIds"])).toContain("EndpointSecurityGroup");
  }
});

/** The endpoints whose policy lets a principal of the account through to its own resource. */
function passedBy(accountId: string, parameters: Readonly<Record<string, string>>): readonly string[] {
  const caller = { arn: `arn:aws:iam::${accountId}:role/anything`, accountId };
  const passed = policiesOf(template, { ...given, ...parameters }).filter(({ document }) => {
    const resourcePolicy = document as unknown as PolicyDocument;
    const action = String([resourcePolicy.Statement].flat()[0]?.Action).replace("*", "ListEverything");
    const service = action.split(":")[0] ?? "";
    const resource = `arn:aws:${service}:us-east-1:${accountId}:x`;
    const context = { "aws:PrincipalAccount": accountId };
    return denial({ caller, action, resource, resourcePolicy, needsResourcePolicy: true, context }) === undefined;
  });
  return passed.map(({ logicalId }) => logicalId);
}

test("who could reach a service before still can: workloads of other accounts too, unless the accounts are named", () => {
  const all = endpoints.map(([logicalId]) => logicalId);
  expect(passedBy("210987654321", {})).toEqual(all);
  expect(passedBy("210987654321", { AccountIds: "123456789012" })).toEqual([]);
  expect(passedBy("123456789012", { AccountIds: "123456789012" })).toEqual(all);
});

test("each endpoint can be left out where the VPC has it already", () => {
  const conditions = endpoints.map(([, endpoint]) => text(endpoint, "Condition"));
  expect(new Set(conditions).size).toBe(endpoints.length);
  for (const name of conditions) {
    expect(template.Conditions[name]).toMatchObject({
      "Fn::Equals": [{ Ref: expect.stringMatching(/^Make/u) }, "true"],
    });
  }
});
