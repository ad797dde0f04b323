// Written by `npm run docs` from template.yaml.

/** The template's parameters that take plain values. */
export interface RekeySettings {
  /** whole, or mirror to mirror and announce what others rotate, or cluster for one more Vault cluster of a stack that is there: it mirrors what the other stack's event bus tells of. Default: whole. */
  readonly stackKind?: "whole" | "mirror" | "cluster";
  /** The event bus that rekey's events are published on. This stack makes it, unless its StackKind is cluster. Empty for the stack's name. */
  readonly eventBusName?: string;
  /** Roles of other accounts, one of each, through which their secrets are rotated. templates/accounts/role.yaml makes one, and templates/accounts/permissions.yaml lets their Secrets Manager invoke the functions. Empty for none. */
  readonly accountRoleArns?: readonly string[];
  /** The external id that these roles ask for. Needed with AccountRoleArns. */
  readonly accountExternalId?: string;
  /** Servers that each of AdminSecretArns may be used on, besides the host and port that the secret names itself; one that RDS manages names none. Example arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-AbCdEf=db.example.com:5432 */
  readonly adminTargets?: string;
  /** How an admin's login verifies the server, where the admin's secret has no ssl of its own. Default: verify-full. */
  readonly adminTls?: "verify-full" | "verify-ca" | "require" | "disable";
  /** Existing users that a secret may take as its alternate, or whose lost password the admin may replace, by the name of the secret. Example db/orders=orders_b@db.example.com:5432 */
  readonly userGrants?: string;
  /** The policy that bounds each function's role. Empty for none. */
  readonly permissionsBoundaryArn?: string;
  /** The path of the functions' roles, for example /rekey/. Default: /. */
  readonly rolePath?: string;
  /** What the names of the functions' roles begin with; the function's name and the region follow. Each stack of a region needs its own. Empty for names that CloudFormation makes from the stack's. */
  readonly roleNamePrefix?: string;
  /** The only secret, or a pattern of secrets with * at its end, for which Secrets Manager may invoke the rotation functions. Empty for every secret of this account and region. */
  readonly invokingSecretArn?: string;
  /** How many invocations each function may have at once; the account's other functions cannot have these. 0 to reserve none, or at least 5, which is what the queues use. Lambda refuses what leaves the account fewer than 100 unreserved. Default: 0. */
  readonly reservedConcurrency?: number;
  /** Active to have X-Ray sample the functions' invocations. Default: PassThrough. */
  readonly tracing?: "Active" | "PassThrough";
  /** An interface endpoint of Secrets Manager, with https://, where the default name does not resolve. Usually empty. */
  readonly secretsManagerEndpoint?: string;
  /** Root certificates that databases are verified with, as PEM text or as the path of a PEM file in a layer, for example /opt/roots.pem. Empty for those that come with Node.js. Lambda has room for one or two roots as text. */
  readonly tlsCa?: string;
  /** In place of TlsCa, the full ARN of a secret whose text is the root certificates as PEM. */
  readonly tlsCaSecretArn?: string;
  /** ARNs of the ElastiCache and MemoryDB users that may be rotated, which the function's role is bound to. Empty for none. Example arn:aws:elasticache:us-east-1:123456789012:user:orders */
  readonly cacheUserArns?: readonly string[];
  /** Which of CacheUserArns a secret may name as its user_arn, by the name of the secret. Example db/orders=arn:aws:elasticache:us-east-1:123456789012:user:orders */
  readonly cacheUserGrants?: string;
  /** Full ARNs of the AmazonMSK_ secrets that the stack's function may write passwords of MSK's users into. Empty for none, and then there is no such function. Example arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders_a-AbCdEf */
  readonly mskSecretArns?: readonly string[];
  /** Which two of MskSecretArns, those of a pair of users, belong to a secret that services read, by its name. Example app/kafka=arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders_a-AbCdEf arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders_b-GhIjKl */
  readonly mskSecretGrants?: string;
  /** Origins that keys of HTTP APIs may be rotated at though they lie inside the network or speak plain http. Every other host is reached by https and at a public address alone. Empty for none. Example http://10.0.0.5:8080 */
  readonly httpApiOrigins?: readonly string[];
  /** HTTP APIs whose keys are rotated, as JSON of descriptions by name, or the path of a JSON file in a layer, for example /opt/http-apis.json. docs/reference/http-api.md has the form. Empty for none. */
  readonly httpApis?: string;
  /** Which of HttpApis each secret holds a key of, and of which account, by the name of the secret. Example prod/mail=sendgrid,prod/graph=entra:11111111-2222-3333-4444-555555555555 */
  readonly httpApiGrants?: string;
  /** ARNs of IAM users whose access keys the stack's function may rotate, with their path; a pattern may end with an asterisk. Empty for none, and then there is no such function. Example arn:aws:iam::123456789012:user/rekey/* */
  readonly iamUserArns?: readonly string[];
  /** IAM users whose keys a secret holds, by the name of the secret; each user in one secret. Example prod/mailer=mailer */
  readonly iamUserGrants?: string;
  /** true for the functions of experimental engines too, which never ran on a real server. A secret has to accept one by its tag rekey:accept-experimental. Default: false. */
  readonly experimentalEngines?: boolean;
  /** Vault's address, for example https://vault.example.com:8200. Empty to mirror nothing. */
  readonly vaultAddress?: string;
  /** This Vault's name among VaultClusters, where several share the secrets. */
  readonly vaultCluster?: string;
  /** The names of the Vault clusters that share the secrets, with commas, the same in each cluster's stack. */
  readonly vaultClusters?: string;
  /** Before that, which secrets go where, the same in each cluster's stack. Example prefix:payments/=eu-2,region:us-east-1=us-1,tagged=legal */
  readonly vaultClusterRoutes?: string;
  /** What the tag rekey:vault-map=template:<name> may name, as JSON of fields by name. Example {"spring":{"url":"postgres://{{username}}:{{password}}@{{host}}/{{dbname}}"}} */
  readonly vaultTemplates?: string;
  /** The mount of the KV version 2 secrets engine. Default: secret. */
  readonly vaultMount?: string;
  /** Put in front of the secret's name to make its path in Vault. A path in the tag rekey:vault-path must begin with it. */
  readonly vaultPathPrefix?: string;
  /** Vault's namespace, for Vault Enterprise and OpenBao. */
  readonly vaultNamespace?: string;
  /** How the mirror logs in to Vault; aws is by the function's own role and needs no credential. Default: approle. */
  readonly vaultAuth?: "approle" | "aws" | "jwt" | "token";
  /** Where that method is mounted below auth/. Empty for its own name. */
  readonly vaultAuthMount?: string;
  /** Vault's role for VaultAuth aws or jwt. */
  readonly vaultRole?: string;
  /** A file with the JWT, in a layer or a file system, in place of the credential's secret. */
  readonly vaultJwtFile?: string;
  /** What Vault's AWS method has as iam_server_id_header_value. Empty where it has none. */
  readonly vaultAwsServerId?: string;
  /** What Vault's AWS method has as sts_region. Empty for the global endpoint. */
  readonly vaultAwsRegion?: string;
  /** The AppRole's role id, for VaultAuth approle. */
  readonly vaultRoleId?: string;
  /** The full ARN of the Secrets Manager secret whose text is the AppRole's secret id, the token or the JWT. The value itself is never a parameter. Needed with VaultAddress, unless VaultAuth is aws. */
  readonly vaultCredentialSecretArn?: string;
  /** As VaultAuth, for the rotation of static roles. Empty for the same as the mirror's, with its VaultAuthMount. */
  readonly vaultAuthorityAuth?: "approle" | "aws" | "jwt" | "token";
  /** Where VaultAuthorityAuth is mounted below auth/. Empty for its own name. */
  readonly vaultAuthorityAuthMount?: string;
  /** The role id of the AppRole that rotates static roles of Vault's database engine; not the mirror's, since its rights are others. */
  readonly vaultAuthorityRoleId?: string;
  /** As VaultRole, for the rotation of static roles. */
  readonly vaultAuthorityRole?: string;
  /** As VaultCredentialSecretArn, for the rotation of static roles. Without it and VaultAuthorityRole there is no such function. */
  readonly vaultAuthorityCredentialSecretArn?: string;
  /** Static roles of Vault that a secret may have stored in it, by the name of the secret, each as mount/role. Example db/orders=database/orders-app */
  readonly vaultRoleGrants?: string;
  /** As TlsCa, for Vault. */
  readonly vaultCaCert?: string;
  /** As TlsCaSecretArn, for Vault. */
  readonly vaultCaSecretArn?: string;
  /** Versions of Lambda layers that every function has, for files below /opt. At most five. Empty for none. Example arn:aws:lambda:eu-west-1:123456789012:layer:roots:1 */
  readonly layers?: readonly string[];
  /** An https address that is told of each new version by a signed POST. Empty for none. */
  readonly webhookUrl?: string;
  /** The full ARN of the secret whose text is the key that these requests are signed with. Needed with WebhookUrl. */
  readonly webhookKeySecretArn?: string;
  /** The full ARN of the secret of a Redis or Valkey server, in AWS's JSON, that each new version's event is published on. Empty for none. */
  readonly redisSecretArn?: string;
  /** The channel of that server. The secret's user needs +publish and this channel, and nothing else. Default: rekey. */
  readonly redisChannel?: string;
  /** The full ARN of the secret whose text is the key that the messages on that channel are signed with. Empty: they are not signed, and anybody who may publish on the channel is heard. */
  readonly redisChannelKeySecretArn?: string;
  /** Who is told of failures and findings, as JSON; docs/reference/chat.md has the form. Empty for nobody. Example [{"kind":"slack","secret":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat/slack-AbCdEf"}] */
  readonly chatTargets?: string;
  /** The full ARNs of the secrets that ChatTargets names, each with the address of a webhook or a routing key as its text. Needed with ChatTargets. */
  readonly chatSecretArns?: readonly string[];
  /** The full ARN of the secret whose text is JSON: the Kubernetes clusters with copies of secrets, and what rekey may do there; docs/reference/kubernetes.md has the form. Empty for none. */
  readonly kubernetesClustersSecretArn?: string;
  /** Where docs/runbook.md is published; what chats are told links to its sections. Empty for no such links. */
  readonly runbookUrl?: string;
  /** Where the console is reached; what chats are told links to a secret's page. Empty for no such links. */
  readonly consoleUrl?: string;
  /** When every secret and its mirror are looked at, a rate() or cron() expression of EventBridge. Default: rate(1 hour). */
  readonly reconcileSchedule?: string;
  /** How long the bus's events are kept for a replay. 0 to keep none. Default: 30. */
  readonly archiveRetentionDays?: number;
  /** true to register the schemas of the events with EventBridge, as <stack>-events. Default: false. */
  readonly schemaRegistry?: boolean;
  /** An alarm tells of a secret whose value is older, whether it is rotated or not. 0 for no such alarm. Default: 90. */
  readonly maximumSecretAgeDays?: number;
  /** An event bus in a region of the secrets' replicas, that gets the same Secret Rotated events, and Secret Replicated once the replicas have the version. templates/subscribers/replica-region.yaml makes one. Empty for none. */
  readonly replicaBusArn?: string;
  /** A bus in a second region, besides ReplicaBusArn. */
  readonly secondReplicaBusArn?: string;
  /** A bus in a third region. */
  readonly thirdReplicaBusArn?: string;
  /** After each look at a secret, log in with AWSCURRENT to its servers, so many secrets at a time, to find one that does not work. 0 for no such check. Default: 0. */
  readonly loginCheckConcurrency?: 0 | 2 | 3 | 4 | 5 | 10 | 20;
  /** Whether a table keeps who uses a new version, so that a replaced credential can stop before its grace period is over. Without it only the deadline counts; the metric Adoptions and the log tell who has adopted. Default: true. */
  readonly keepAdoptions?: boolean;
  /** true to take Secret Adopted under the former source rekey.subscriber too, in whose name anybody may speak who may put such events. For as long as clients of an earlier version run. Default: false. */
  readonly acceptUnnamedSubscribers?: boolean;
  /** Roles that may send to rekey's queues and topic, which a redrive needs. Patterns with * and ?, for example arn:aws:iam::123456789012:role/ops-*. Empty for nobody. */
  readonly operatorRoleArns?: readonly string[];
  /** Other accounts whose queues, functions and https endpoints may subscribe to the topic. Empty for none. */
  readonly subscriberAccountIds?: readonly string[];
  /** Roles of stacks with StackKind cluster that may publish on this stack's bus, their outputs PublisherRoleArns, or patterns with * and ?. Empty for none. */
  readonly clusterRoleArns?: readonly string[];
  /** LogRetentionDays Default: 90. */
  readonly logRetentionDays?:
    | 1
    | 3
    | 5
    | 7
    | 14
    | 30
    | 60
    | 90
    | 120
    | 150
    | 180
    | 365
    | 400
    | 545
    | 731
    | 1096
    | 1827
    | 2192
    | 2557
    | 2922
    | 3288
    | 3653;
}

/** The rotation functions, each named after its engine. */
export const engines = [
  "postgres",
  "redshift",
  "mongodb",
  "mariadb",
  "mysql",
  "redis",
  "elasticache",
  "rabbitmq",
  "opensearch",
  "elasticsearch",
  "ldap",
  "oracle",
  "active-directory",
  "kafka",
  "msk",
  "sqlserver",
  "http-api-key",
  "http-api",
  "signing-key",
  "iam-access-key",
  "vault-static-role",
] as const;
