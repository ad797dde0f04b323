import { condition, indent } from "./text.ts";

/** The queue between a rule and the function that it feeds. */
export interface QueueRow {
  /** Its logical id. */
  readonly name: string;
  readonly batchSize: number;
  /** How long a batch is gathered; undefined: not at all. */
  readonly windowSeconds?: number;
  /** How many invocations at once the queue starts. */
  readonly concurrency?: string;
  readonly keepSeconds: string;
  /** How often a message is tried before it goes to the dead-letter queue. */
  readonly tries: number;
  /** The ARNs of the rules that send to it. */
  readonly rules: readonly string[];
  /** The role that sends to it besides them, by its logical id. */
  readonly sender?: string;
}

const storage = (keepSeconds: string): string => `\
MessageRetentionPeriod: ${keepSeconds}
KmsMasterKeyId: !If [HasDataKey, !Ref DataKmsKeyArn, !Ref AWS::NoValue]
SqsManagedSseEnabled: !If [HasDataKey, !Ref AWS::NoValue, true]`;

const arns = (rules: readonly string[]): string =>
  rules.length === 1 ? ` ${rules[0] ?? ""}` : `\n${indent(8, rules.map((rule) => `- ${rule}`).join("\n"))}`;

const rulesSend = (sid: string, queue: string, rules: readonly string[]): string => `\
- Sid: ${sid}
  Effect: Allow
  Principal:
    Service: events.amazonaws.com
  Action: sqs:SendMessage
  Resource: !GetAtt ${queue}.Arn
  Condition:
    ArnEquals:
      aws:SourceArn:${arns(rules)}
`;

const othersDoNot = (queue: string, sender: string | undefined): string => `\
- Sid: NobodyElseSends
  Effect: Deny
  Principal: "*"
  Action: sqs:SendMessage
  Resource: !GetAtt ${queue}.Arn
  Condition:
    Bool:
      aws:PrincipalIsAWSService: "false"${
        sender === undefined ? "" : `\n    ArnNotEquals:\n      aws:PrincipalArn: !GetAtt ${sender}.Arn`
      }
    ArnNotLike: !If
      - HasOperatorRoles
      - aws:PrincipalArn: !Ref OperatorRoleArns
      - !Ref AWS::NoValue
- Sid: OverTlsAlone
  Effect: Deny
  Principal: "*"
  Action: sqs:*
  Resource: !GetAtt ${queue}.Arn
  Condition:
    Bool:
      aws:SecureTransport: "false"`;

const policy = (queue: string, when: string | undefined, statements: string): string => `\
${queue}Policy:
  Type: AWS::SQS::QueuePolicy${condition(when)}
  Properties:
    Queues: [!Ref ${queue}]
    PolicyDocument:
      Version: "2012-10-17"
      Statement:
${indent(8, statements)}
`;

/** A function's queue, and who may send to it. A message is hidden for six times the function's time, as Lambda advises. */
export const queueResources = (queue: QueueRow, when: string | undefined, timeoutSeconds: number): string => `\
${queue.name}:
  Type: AWS::SQS::Queue${condition(when)}
  Properties:
${indent(4, storage(queue.keepSeconds))}
    VisibilityTimeout: ${6 * timeoutSeconds}
    RedrivePolicy:
      deadLetterTargetArn: !GetAtt DeadLetterQueue.Arn
      maxReceiveCount: ${queue.tries}

${policy(
  queue.name,
  when,
  (queue.rules.length === 0 ? "" : rulesSend("ItsRuleSends", queue.name, queue.rules)) +
    othersDoNot(queue.name, queue.sender),
)}`;

/** A queue that nothing takes from by itself: what stays there waits for a human. */
export const lastQueueResources = (name: string, rules: readonly string[]): string => `\
${name}:
  Type: AWS::SQS::Queue
  DeletionPolicy: RetainExceptOnCreate
  UpdateReplacePolicy: Retain
  Properties:
${indent(4, storage("1209600"))}

${policy(
  name,
  undefined,
  (rules.length === 0 ? "" : rulesSend("RulesSendWhatTheyCouldNotDeliver", name, rules)) + othersDoNot(name, undefined),
)}`;
