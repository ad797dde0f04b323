import { allow } from "./statements.ts";
import { pascalCase } from "../reading/function-names.ts";
import { condition, indent } from "./text.ts";
import type { QueueRow } from "./queue-resources.ts";

/** One Lambda function of the template. What is the same for all of them is written by `functionResources`. */
export interface FunctionRow {
  /** The folder below `functions/` and the end of the function's name. */
  readonly name: string;
  readonly description: string;
  /** The template's condition under which the function is made; undefined for always. */
  readonly condition?: string;
  /** Undefined for the template's own default. */
  readonly memoryMb?: number;
  /** The only place of a function's time-out: its queue's follows from it. */
  readonly timeoutSeconds: number;
  /** For a function whose queue it fills itself, in a chain that ends. Lambda stops others after 16 links. */
  readonly recursive?: true;
  /** Lines `NAME: value`. */
  readonly variables: readonly string[];
  /** What its role may do, besides its queue and its log. */
  readonly statements: readonly string[];
  /** Whether it publishes events. Such functions alone may speak as rekey on the bus. */
  readonly publishes: boolean;
  /** The queue that it is fed from. A rotation function has none: Secrets Manager invokes it. */
  readonly queue?: QueueRow;
}

/** The start of the logical ids of its role and its log group. */
export const stemOf = ({ name }: FunctionRow): string => pascalCase(name);

const logicalIdOf = (row: FunctionRow): string => (row.queue === undefined ? stemOf(row) : `${stemOf(row)}Function`);

const eventSource = ({ name, batchSize, windowSeconds, concurrency = "5" }: QueueRow): string => `
    Events:
      Queue:
        Type: SQS
        Properties:
          Queue: !GetAtt ${name}.Arn
          BatchSize: ${batchSize}${windowSeconds === undefined ? "" : `\n          MaximumBatchingWindowInSeconds: ${windowSeconds}`}
          FunctionResponseTypes: [ReportBatchItemFailures]
          ScalingConfig:
            MaximumConcurrency: ${concurrency}`;

const takeFrom = ({ name }: QueueRow): string =>
  allow(
    "TakeFromItsQueue",
    ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
    `!GetAtt ${name}.Arn`,
  );

// Why checkov's wish for a dead-letter configuration of the function itself does not apply.
const invokedBySecretsManager = "Secrets Manager invokes it, repeats what failed itself, and reads no queue.";
const fedByItsQueue =
  "An event source mapping invokes it and gives what failed back to the queue, which has a dead-letter queue.";

/** The function, its role and its log group. */
export function functionResources(row: FunctionRow): string {
  const { name, queue } = row;
  const stem = stemOf(row);
  const statements = [
    ...row.statements,
    ...(queue === undefined ? [] : [takeFrom(queue)]),
    allow("WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], `!GetAtt ${stem}Logs.Arn`),
  ];
  return `\
${logicalIdOf(row)}:
  Type: AWS::Serverless::Function${condition(row.condition)}
  Metadata:
    BuildMethod: makefile
    ContextPath: deploy
    checkov:
      skip:
        - id: CKV_AWS_116
          comment: ${queue === undefined ? invokedBySecretsManager : fedByItsQueue}
  Properties:
    FunctionName: !Sub \${AWS::StackName}-${name}
    Description: ${row.description}
    CodeUri: dist/functions/${name}${row.memoryMb === undefined ? "" : `\n    MemorySize: ${row.memoryMb}`}
    Timeout: ${row.timeoutSeconds}${row.recursive === undefined ? "" : "\n    RecursiveLoop: Allow"}
    Environment:
      Variables:
${indent(8, row.variables.join("\n"))}
    LoggingConfig:
      LogGroup: !Ref ${stem}Logs
    Role: !GetAtt ${stem}Role.Arn${queue === undefined ? "" : eventSource(queue)}

${stem}Role:
  Type: AWS::IAM::Role${condition(row.condition)}
  Properties:
    AssumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal:
            Service: lambda.amazonaws.com
          Action: sts:AssumeRole
    ManagedPolicyArns:
      - !If [InVpc, !Ref NetworkInterfaces, !Ref AWS::NoValue]
      - !If [HasTracing, !Ref TraceSegments, !Ref AWS::NoValue]
    Path: !Ref RolePath
    PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
    RoleName: !If
      - HasRoleNamePrefix
      - !Sub \${RoleNamePrefix}-${name}-\${AWS::Region}
      - !Ref AWS::NoValue
    Policies:
      - PolicyName: ${name}
        PolicyDocument:
          Version: "2012-10-17"
          Statement:
${indent(12, statements.join("\n"))}

${stem}Logs:
  Type: AWS::Logs::LogGroup${condition(row.condition)}
  Properties:
    KmsKeyId: !If [HasDataKey, !Ref DataKmsKeyArn, !Ref AWS::NoValue]
    LogGroupName: !Sub /aws/lambda/\${AWS::StackName}-${name}
    RetentionInDays: !Ref LogRetentionDays
`;
}
