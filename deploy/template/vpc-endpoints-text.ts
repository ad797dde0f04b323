import { pascalCase } from "../reading/function-names.ts";

const gateway = "dynamodb";
/** What few stacks need, by who does. */
const onRequest = new Map([
  ["elasticache", "users of ElastiCache (CacheUserArns)"],
  ["memory-db", "users of MemoryDB (CacheUserArns)"],
  ["sts", "secrets of other accounts (AccountRoleArns)"],
]);
const interfaces = ["events", "lambda", "secretsmanager", "sqs", ...onRequest.keys()].toSorted();
/** IAM's name of a service, where its endpoints have another. */
const prefixOf = (service: string): string => service.replace("memory-db", "memorydb");

const make = (service: string): string => `\
  Make${pascalCase(service)}:
    Type: String
    Default: "${!onRequest.has(service)}"
    AllowedValues: ["true", "false"]
    Description: ${onRequest.has(service) ? `true for ${onRequest.get(service)}, unless` : "false where"} the VPC has an endpoint of ${service} already.
`;

const makes = (service: string): string =>
  `  Makes${pascalCase(service)}: !Equals [!Ref Make${pascalCase(service)}, "true"]\n`;

const policy = (service: string): string => `\
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: WhoeverTheNetworkAdmits
            Effect: Allow
            Principal: "*"
            Action: ${prefixOf(service)}:*
            Resource: "*"
            Condition: !If
              - LimitsAccounts
              - StringEquals:
                  aws:PrincipalAccount: !Ref AccountIds
              - !Ref AWS::NoValue
`;

const interfaceEndpoint = (service: string): string => `
  ${pascalCase(service)}Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Condition: Makes${pascalCase(service)}
    Properties:
${policy(service)}\
      PrivateDnsEnabled: true
      SecurityGroupIds: !If
        - HasSecurityGroups
        - !Split [",", !Sub ["\${EndpointSecurityGroup},\${Others}", { Others: !Join [",", !Ref SecurityGroupIds] }]]
        - [!Ref EndpointSecurityGroup]
      ServiceName: !Sub com.amazonaws.\${AWS::Region}.${service}
      SubnetIds: !Ref SubnetIds
      VpcEndpointType: Interface
      VpcId: !Ref VpcId
`;

/** `templates/vpc-endpoints.yaml`, before its format. */
export const vpcEndpointsText = (): string => `\
# Written by \`npm run docs\` from deploy/template.
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  Endpoints of the AWS services that rekey's functions call, for a VPC without another way to them. They serve the WHOLE
  VPC: from then on every workload in it reaches these services through them, so admit all of its addresses. Use the
  endpoints that you have first, and set Make... to false for those. The VPC must have DNS support and DNS host names on.

Parameters:
  VpcId:
    Type: AWS::EC2::VPC::Id
  VpcCidr:
    Type: String
    Description: The addresses that may use the interface endpoints. Give the VPC's whole range.
    AllowedPattern: (\\d{1,3}\\.){3}\\d{1,3}/\\d{1,2}
  SecurityGroupIds:
    Type: CommaDelimitedList
    Default: ""
    Description: Security groups of yours for the interface endpoints, for example to admit a second range. At most four.
  SubnetIds:
    Type: List<AWS::EC2::Subnet::Id>
    Description: Where the interface endpoints are, one subnet in each zone.
  RouteTableIds:
    Type: CommaDelimitedList
    Default: ""
    Description: The route tables of the functions' subnets, for the gateway endpoint of DynamoDB.
  AccountIds:
    Type: CommaDelimitedList
    Default: ""
    Description: >-
      The accounts whose principals may pass through the endpoints. Empty for all. Name every account that has a workload in
      this VPC.
${[...interfaces, gateway].map(make).join("")}
Rules:
  TheGatewayHasRoutes:
    RuleCondition: !Equals [!Ref MakeDynamodb, "true"]
    Assertions:
      - Assert:
          Fn::Not: [Fn::EachMemberEquals: [!Ref RouteTableIds, ""]]
        AssertDescription: RouteTableIds is needed with MakeDynamodb.

Conditions:
  HasSecurityGroups: !Not [!Equals [!Join ["", !Ref SecurityGroupIds], ""]]
  LimitsAccounts: !Not [!Equals [!Join ["", !Ref AccountIds], ""]]
${[...interfaces, gateway].map(makes).join("")}
Resources:
  EndpointSecurityGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: HTTPS from the VPC to the endpoints of AWS services.
      VpcId: !Ref VpcId
      SecurityGroupEgress:
        - Description: Endpoints open no connections; without a rule the group would allow all.
          CidrIp: 127.0.0.1/32
          FromPort: 443
          IpProtocol: tcp
          ToPort: 443
      SecurityGroupIngress:
        - Description: Every workload in the VPC
          CidrIp: !Ref VpcCidr
          FromPort: 443
          IpProtocol: tcp
          ToPort: 443
${interfaces.map(interfaceEndpoint).join("")}
  DynamodbEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Condition: MakesDynamodb
    Properties:
${policy(gateway)}\
      RouteTableIds: !Ref RouteTableIds
      ServiceName: !Sub com.amazonaws.\${AWS::Region}.${gateway}
      VpcEndpointType: Gateway
      VpcId: !Ref VpcId

Outputs:
  EndpointSecurityGroupId:
    Description: The security group of the interface endpoints, for more rules.
    Value: !Ref EndpointSecurityGroup
`;
