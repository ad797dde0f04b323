# Written by `npm run docs` from template.yaml.

locals {
  # What is null is left out, so that the template's own default holds.
  parameters = { for name, value in {
    StackKind                         = var.stack_kind
    EventBusName                      = var.event_bus_name
    SecretArnPattern                  = local.secret_arn_pattern == null ? null : join(",", local.secret_arn_pattern)
    AdminSecretArns                   = local.admin_secret_arns == null ? null : join(",", local.admin_secret_arns)
    AccountRoleArns                   = var.account_role_arns == null ? null : join(",", var.account_role_arns)
    AccountExternalId                 = var.account_external_id
    AdminTargets                      = var.admin_targets
    AdminTls                          = var.admin_tls
    UserGrants                        = var.user_grants
    SecretsKmsKeyArn                  = var.secrets_kms_key_arn == null ? null : join(",", var.secrets_kms_key_arn)
    DataKmsKeyArn                     = var.data_kms_key_arn
    PermissionsBoundaryArn            = var.permissions_boundary_arn
    RolePath                          = var.role_path
    RoleNamePrefix                    = var.role_name_prefix
    InvokingSecretArn                 = var.invoking_secret_arn
    ReservedConcurrency               = var.reserved_concurrency
    Tracing                           = var.tracing
    SecretsManagerEndpoint            = var.secrets_manager_endpoint
    TlsCa                             = var.tls_ca
    TlsCaSecretArn                    = var.tls_ca_secret_arn
    CacheUserArns                     = var.cache_user_arns == null ? null : join(",", var.cache_user_arns)
    CacheUserGrants                   = var.cache_user_grants
    MskSecretArns                     = var.msk_secret_arns == null ? null : join(",", var.msk_secret_arns)
    MskSecretGrants                   = var.msk_secret_grants
    HttpApiOrigins                    = var.http_api_origins == null ? null : join(",", var.http_api_origins)
    HttpApis                          = var.http_apis
    HttpApiGrants                     = var.http_api_grants
    IamUserArns                       = var.iam_user_arns == null ? null : join(",", var.iam_user_arns)
    IamUserGrants                     = var.iam_user_grants
    ExperimentalEngines               = var.experimental_engines
    VaultAddress                      = var.vault_address
    VaultCluster                      = var.vault_cluster
    VaultClusters                     = var.vault_clusters
    VaultClusterRoutes                = var.vault_cluster_routes
    VaultTemplates                    = var.vault_templates
    VaultMount                        = var.vault_mount
    VaultPathPrefix                   = var.vault_path_prefix
    VaultNamespace                    = var.vault_namespace
    VaultAuth                         = var.vault_auth
    VaultAuthMount                    = var.vault_auth_mount
    VaultRole                         = var.vault_role
    VaultJwtFile                      = var.vault_jwt_file
    VaultAwsServerId                  = var.vault_aws_server_id
    VaultAwsRegion                    = var.vault_aws_region
    VaultRoleId                       = var.vault_role_id
    VaultCredentialSecretArn          = var.vault_credential_secret_arn
    VaultAuthorityAuth                = var.vault_authority_auth
    VaultAuthorityAuthMount           = var.vault_authority_auth_mount
    VaultAuthorityRoleId              = var.vault_authority_role_id
    VaultAuthorityRole                = var.vault_authority_role
    VaultAuthorityCredentialSecretArn = var.vault_authority_credential_secret_arn
    VaultRoleGrants                   = var.vault_role_grants
    VaultCaCert                       = var.vault_ca_cert
    VaultCaSecretArn                  = var.vault_ca_secret_arn
    Layers                            = var.layers == null ? null : join(",", var.layers)
    VpcSubnetIds                      = var.vpc_subnet_ids == null ? null : join(",", var.vpc_subnet_ids)
    VpcSecurityGroupIds               = var.vpc_security_group_ids == null ? null : join(",", var.vpc_security_group_ids)
    WebhookUrl                        = var.webhook_url
    WebhookKeySecretArn               = var.webhook_key_secret_arn
    RedisSecretArn                    = var.redis_secret_arn
    RedisChannel                      = var.redis_channel
    RedisChannelKeySecretArn          = var.redis_channel_key_secret_arn
    ChatTargets                       = var.chat_targets
    ChatSecretArns                    = var.chat_secret_arns == null ? null : join(",", var.chat_secret_arns)
    KubernetesClustersSecretArn       = var.kubernetes_clusters_secret_arn
    RunbookUrl                        = var.runbook_url
    ConsoleUrl                        = var.console_url
    ReconcileSchedule                 = var.reconcile_schedule
    ArchiveRetentionDays              = var.archive_retention_days
    SchemaRegistry                    = var.schema_registry
    MaximumSecretAgeDays              = var.maximum_secret_age_days
    ReplicaBusArn                     = var.replica_bus_arn
    SecondReplicaBusArn               = var.second_replica_bus_arn
    ThirdReplicaBusArn                = var.third_replica_bus_arn
    LoginCheckConcurrency             = var.login_check_concurrency
    KeepAdoptions                     = var.keep_adoptions
    AcceptUnnamedSubscribers          = var.accept_unnamed_subscribers
    OperatorRoleArns                  = var.operator_role_arns == null ? null : join(",", var.operator_role_arns)
    SubscriberAccountIds              = var.subscriber_account_ids == null ? null : join(",", var.subscriber_account_ids)
    ClusterRoleArns                   = var.cluster_role_arns == null ? null : join(",", var.cluster_role_arns)
    AlarmTopicArn                     = var.alarm_topic_arn
    LogRetentionDays                  = var.log_retention_days
  } : name => tostring(value) if value != null }
}

variable "stack_kind" {
  type        = string
  default     = null
  description = "whole, or mirror to mirror and announce what others rotate, or cluster for one more Vault cluster of a stack that is there: it mirrors what the other stack's event bus tells of. Default: whole."

  validation {
    condition     = var.stack_kind == null ? true : contains(["whole", "mirror", "cluster"], var.stack_kind)
    error_message = "It must be one of whole, mirror, cluster."
  }
}

variable "event_bus_name" {
  type        = string
  default     = null
  description = "The event bus that rekey's events are published on. This stack makes it, unless its StackKind is cluster. Empty for the stack's name."

  validation {
    condition     = var.event_bus_name == null ? true : can(regex("^(?:[A-Za-z0-9._/-]{0,256})$", var.event_bus_name))
    error_message = "It must match [A-Za-z0-9._/-]{0,256}."
  }
}

variable "secret_arn_pattern" {
  type        = list(string)
  default     = null
  description = "The secrets that rekey may rotate and mirror. A secret's ARN ends with six random characters, so a pattern without \"-??????\" or \"*\" at its end matches no secret. Example arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/*"

  validation {
    condition     = alltrue([for item in coalesce(var.secret_arn_pattern, []) : can(regex("^(?:arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*(\\*|-\\?{6}|-[A-Za-z0-9]{6}))$", item))])
    error_message = "It must match arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*(\\*|-\\?{6}|-[A-Za-z0-9]{6})."
  }
}

variable "admin_secret_arns" {
  type        = list(string)
  default     = null
  description = "Full ARNs of the administrators' secrets that alternating-user rotations may log in with. Empty for none."

  validation {
    condition     = alltrue([for item in coalesce(var.admin_secret_arns, []) : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", item))])
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "account_role_arns" {
  type        = list(string)
  default     = null
  description = "Roles of other accounts, one of each, through which their secrets are rotated. templates/accounts/role.yaml makes one, and templates/accounts/permissions.yaml lets their Secrets Manager invoke the functions. Empty for none."

  validation {
    condition     = alltrue([for item in coalesce(var.account_role_arns, []) : can(regex("^(?:(arn:[^:]+:iam::\\d{12}:role/.+)?)$", item))])
    error_message = "It must match (arn:[^:]+:iam::\\d{12}:role/.+)?."
  }
}

variable "account_external_id" {
  type        = string
  default     = null
  description = "The external id that these roles ask for. Needed with AccountRoleArns."

  validation {
    condition     = var.account_external_id == null ? true : can(regex("^(?:([A-Za-z0-9_+.@:/-]{8,200})?)$", var.account_external_id))
    error_message = "It must match ([A-Za-z0-9_+.@:/-]{8,200})?."
  }
}

variable "admin_targets" {
  type        = string
  default     = null
  description = "Servers that each of AdminSecretArns may be used on, besides the host and port that the secret names itself; one that RDS manages names none. Example arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-AbCdEf=db.example.com:5432"

  validation {
    condition     = var.admin_targets == null ? true : can(regex("^(?:([^,\\s]+=[^,=\\s]+:\\d{1,5}([ ,]+([^,\\s]+=)?[^,=\\s]+:\\d{1,5})*)?)$", var.admin_targets))
    error_message = "It must match ([^,\\s]+=[^,=\\s]+:\\d{1,5}([ ,]+([^,\\s]+=)?[^,=\\s]+:\\d{1,5})*)?."
  }
}

variable "admin_tls" {
  type        = string
  default     = null
  description = "How an admin's login verifies the server, where the admin's secret has no ssl of its own. Default: verify-full."

  validation {
    condition     = var.admin_tls == null ? true : contains(["verify-full", "verify-ca", "require", "disable"], var.admin_tls)
    error_message = "It must be one of verify-full, verify-ca, require, disable."
  }
}

variable "user_grants" {
  type        = string
  default     = null
  description = "Existing users that a secret may take as its alternate, or whose lost password the admin may replace, by the name of the secret. Example db/orders=orders_b@db.example.com:5432"

  validation {
    condition     = var.user_grants == null ? true : can(regex("^(?:([^,\\s]+=[^,=\\s@]+@[^,=\\s]+:\\d{1,5}([ ,]+([^,\\s]+=)?[^,=\\s@]+@[^,=\\s]+:\\d{1,5})*)?)$", var.user_grants))
    error_message = "It must match ([^,\\s]+=[^,=\\s@]+@[^,=\\s]+:\\d{1,5}([ ,]+([^,\\s]+=)?[^,=\\s@]+@[^,=\\s]+:\\d{1,5})*)?."
  }
}

variable "secrets_kms_key_arn" {
  type        = list(string)
  default     = null
  description = "The ARNs of the customer managed KMS keys of these secrets, of the administrators' and of the others that are named here. An alias is no such ARN. Empty for aws/secretsmanager."

  validation {
    condition     = alltrue([for item in coalesce(var.secrets_kms_key_arn, []) : can(regex("^(?:(arn:[^:]+:kms:[^:]+:\\d{12}:key/[A-Za-z0-9-]+)?)$", item))])
    error_message = "It must match (arn:[^:]+:kms:[^:]+:\\d{12}:key/[A-Za-z0-9-]+)?."
  }
}

variable "data_kms_key_arn" {
  type        = string
  default     = null
  description = "A customer managed KMS key for logs, variables, queues, the topic and the table. Empty for AWS's own keys. What its policy must allow is in docs/how-to/deploy.md."

  validation {
    condition     = var.data_kms_key_arn == null ? true : can(regex("^(?:(arn:[^:]+:kms:[^:]+:\\d{12}:key/.+)?)$", var.data_kms_key_arn))
    error_message = "It must match (arn:[^:]+:kms:[^:]+:\\d{12}:key/.+)?."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The policy that bounds each function's role. Empty for none."

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^(?:(arn:[^:]+:iam::(\\d{12}|aws):policy/.+)?)$", var.permissions_boundary_arn))
    error_message = "It must match (arn:[^:]+:iam::(\\d{12}|aws):policy/.+)?."
  }
}

variable "role_path" {
  type        = string
  default     = null
  description = "The path of the functions' roles, for example /rekey/. Default: /."

  validation {
    condition     = var.role_path == null ? true : can(regex("^(?:/([!-~]+/)?)$", var.role_path))
    error_message = "It must match /([!-~]+/)?."
  }
}

variable "role_name_prefix" {
  type        = string
  default     = null
  description = "What the names of the functions' roles begin with; the function's name and the region follow. Each stack of a region needs its own. Empty for names that CloudFormation makes from the stack's."

  validation {
    condition     = var.role_name_prefix == null ? true : can(regex("^(?:[A-Za-z0-9+=,.@_-]{0,20})$", var.role_name_prefix))
    error_message = "It must match [A-Za-z0-9+=,.@_-]{0,20}."
  }
}

variable "invoking_secret_arn" {
  type        = string
  default     = null
  description = "The only secret, or a pattern of secrets with * at its end, for which Secrets Manager may invoke the rotation functions. Empty for every secret of this account and region."

  validation {
    condition     = var.invoking_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*(\\*|-[A-Za-z0-9]{6}))?)$", var.invoking_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*(\\*|-[A-Za-z0-9]{6}))?."
  }
}

variable "reserved_concurrency" {
  type        = number
  default     = null
  description = "How many invocations each function may have at once; the account's other functions cannot have these. 0 to reserve none, or at least 5, which is what the queues use. Lambda refuses what leaves the account fewer than 100 unreserved. Default: 0."

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 0
    error_message = "It must be at least 0."
  }
}

variable "tracing" {
  type        = string
  default     = null
  description = "Active to have X-Ray sample the functions' invocations. Default: PassThrough."

  validation {
    condition     = var.tracing == null ? true : contains(["Active", "PassThrough"], var.tracing)
    error_message = "It must be one of Active, PassThrough."
  }
}

variable "secrets_manager_endpoint" {
  type        = string
  default     = null
  description = "An interface endpoint of Secrets Manager, with https://, where the default name does not resolve. Usually empty."
}

variable "tls_ca" {
  type        = string
  default     = null
  description = "Root certificates that databases are verified with, as PEM text or as the path of a PEM file in a layer, for example /opt/roots.pem. Empty for those that come with Node.js. Lambda has room for one or two roots as text."
}

variable "tls_ca_secret_arn" {
  type        = string
  default     = null
  description = "In place of TlsCa, the full ARN of a secret whose text is the root certificates as PEM."

  validation {
    condition     = var.tls_ca_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.tls_ca_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "cache_user_arns" {
  type        = list(string)
  default     = null
  description = "ARNs of the ElastiCache and MemoryDB users that may be rotated, which the function's role is bound to. Empty for none. Example arn:aws:elasticache:us-east-1:123456789012:user:orders"

  validation {
    condition     = alltrue([for item in coalesce(var.cache_user_arns, []) : can(regex("^(?:(arn:[^:]+:(elasticache:[^:]+:\\d{12}:user:|memorydb:[^:]+:\\d{12}:user/)[A-Za-z0-9-]+)?)$", item))])
    error_message = "It must match (arn:[^:]+:(elasticache:[^:]+:\\d{12}:user:|memorydb:[^:]+:\\d{12}:user/)[A-Za-z0-9-]+)?."
  }
}

variable "cache_user_grants" {
  type        = string
  default     = null
  description = "Which of CacheUserArns a secret may name as its user_arn, by the name of the secret. Example db/orders=arn:aws:elasticache:us-east-1:123456789012:user:orders"

  validation {
    condition     = var.cache_user_grants == null ? true : can(regex("^(?:([^,\\s]+=arn:[^,=\\s]+([ ,]+([^,\\s]+=)?arn:[^,=\\s]+)*)?)$", var.cache_user_grants))
    error_message = "It must match ([^,\\s]+=arn:[^,=\\s]+([ ,]+([^,\\s]+=)?arn:[^,=\\s]+)*)?."
  }
}

variable "msk_secret_arns" {
  type        = list(string)
  default     = null
  description = "Full ARNs of the AmazonMSK_ secrets that the stack's function may write passwords of MSK's users into. Empty for none, and then there is no such function. Example arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders_a-AbCdEf"

  validation {
    condition     = alltrue([for item in coalesce(var.msk_secret_arns, []) : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:AmazonMSK_[A-Za-z0-9/_+.@-]+-[A-Za-z0-9]{6})?)$", item))])
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:AmazonMSK_[A-Za-z0-9/_+.@-]+-[A-Za-z0-9]{6})?."
  }
}

variable "msk_secret_grants" {
  type        = string
  default     = null
  description = "Which two of MskSecretArns, those of a pair of users, belong to a secret that services read, by its name. Example app/kafka=arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders_a-AbCdEf arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders_b-GhIjKl"

  validation {
    condition     = var.msk_secret_grants == null ? true : can(regex("^(?:([^,\\s]+=arn:[^,=\\s]+([ ,]+([^,\\s]+=)?arn:[^,=\\s]+)*)?)$", var.msk_secret_grants))
    error_message = "It must match ([^,\\s]+=arn:[^,=\\s]+([ ,]+([^,\\s]+=)?arn:[^,=\\s]+)*)?."
  }
}

variable "http_api_origins" {
  type        = list(string)
  default     = null
  description = "Origins that keys of HTTP APIs may be rotated at though they lie inside the network or speak plain http. Every other host is reached by https and at a public address alone. Empty for none. Example http://10.0.0.5:8080"

  validation {
    condition     = alltrue([for item in coalesce(var.http_api_origins, []) : can(regex("^(?:(https?://[a-z0-9.\\[\\]:-]+)?)$", item))])
    error_message = "It must match (https?://[a-z0-9.\\[\\]:-]+)?."
  }
}

variable "http_apis" {
  type        = string
  default     = null
  description = "HTTP APIs whose keys are rotated, as JSON of descriptions by name, or the path of a JSON file in a layer, for example /opt/http-apis.json. docs/reference/http-api.md has the form. Empty for none."
}

variable "http_api_grants" {
  type        = string
  default     = null
  description = "Which of HttpApis each secret holds a key of, and of which account, by the name of the secret. Example prod/mail=sendgrid,prod/graph=entra:11111111-2222-3333-4444-555555555555"

  validation {
    condition     = var.http_api_grants == null ? true : can(regex("^(?:([^,\\s]+=[^,=\\s]+([ ,]+[^,\\s]+=[^,=\\s]+)*)?)$", var.http_api_grants))
    error_message = "It must match ([^,\\s]+=[^,=\\s]+([ ,]+[^,\\s]+=[^,=\\s]+)*)?."
  }
}

variable "iam_user_arns" {
  type        = list(string)
  default     = null
  description = "ARNs of IAM users whose access keys the stack's function may rotate, with their path; a pattern may end with an asterisk. Empty for none, and then there is no such function. Example arn:aws:iam::123456789012:user/rekey/*"

  validation {
    condition     = alltrue([for item in coalesce(var.iam_user_arns, []) : can(regex("^(?:(arn:[^:]+:iam::\\d{12}:user/[^:*]+\\*?)?)$", item))])
    error_message = "It must match (arn:[^:]+:iam::\\d{12}:user/[^:*]+\\*?)?."
  }
}

variable "iam_user_grants" {
  type        = string
  default     = null
  description = "IAM users whose keys a secret holds, by the name of the secret; each user in one secret. Example prod/mailer=mailer"

  validation {
    condition     = var.iam_user_grants == null ? true : can(regex("^(?:([^,\\s]+=[^,=\\s]+([ ,]+([^,\\s]+=)?[^,=\\s]+)*)?)$", var.iam_user_grants))
    error_message = "It must match ([^,\\s]+=[^,=\\s]+([ ,]+([^,\\s]+=)?[^,=\\s]+)*)?."
  }
}

variable "experimental_engines" {
  type        = bool
  default     = null
  description = "true for the functions of experimental engines too, which never ran on a real server. A secret has to accept one by its tag rekey:accept-experimental. Default: false."
}

variable "vault_address" {
  type        = string
  default     = null
  description = "Vault's address, for example https://vault.example.com:8200. Empty to mirror nothing."
}

variable "vault_cluster" {
  type        = string
  default     = null
  description = "This Vault's name among VaultClusters, where several share the secrets."

  validation {
    condition     = var.vault_cluster == null ? true : can(regex("^(?:([a-z0-9][a-z0-9-]{0,62})?)$", var.vault_cluster))
    error_message = "It must match ([a-z0-9][a-z0-9-]{0,62})?."
  }
}

variable "vault_clusters" {
  type        = string
  default     = null
  description = "The names of the Vault clusters that share the secrets, with commas, the same in each cluster's stack."
}

variable "vault_cluster_routes" {
  type        = string
  default     = null
  description = "Before that, which secrets go where, the same in each cluster's stack. Example prefix:payments/=eu-2,region:us-east-1=us-1,tagged=legal"
}

variable "vault_templates" {
  type        = string
  default     = null
  description = "What the tag rekey:vault-map=template:<name> may name, as JSON of fields by name. Example {\"spring\":{\"url\":\"postgres://{{username}}:{{password}}@{{host}}/{{dbname}}\"}}"
}

variable "vault_mount" {
  type        = string
  default     = null
  description = "The mount of the KV version 2 secrets engine. Default: secret."
}

variable "vault_path_prefix" {
  type        = string
  default     = null
  description = "Put in front of the secret's name to make its path in Vault. A path in the tag rekey:vault-path must begin with it."
}

variable "vault_namespace" {
  type        = string
  default     = null
  description = "Vault's namespace, for Vault Enterprise and OpenBao."
}

variable "vault_auth" {
  type        = string
  default     = null
  description = "How the mirror logs in to Vault; aws is by the function's own role and needs no credential. Default: approle."

  validation {
    condition     = var.vault_auth == null ? true : contains(["approle", "aws", "jwt", "token"], var.vault_auth)
    error_message = "It must be one of approle, aws, jwt, token."
  }
}

variable "vault_auth_mount" {
  type        = string
  default     = null
  description = "Where that method is mounted below auth/. Empty for its own name."
}

variable "vault_role" {
  type        = string
  default     = null
  description = "Vault's role for VaultAuth aws or jwt."
}

variable "vault_jwt_file" {
  type        = string
  default     = null
  description = "A file with the JWT, in a layer or a file system, in place of the credential's secret."
}

variable "vault_aws_server_id" {
  type        = string
  default     = null
  description = "What Vault's AWS method has as iam_server_id_header_value. Empty where it has none."
}

variable "vault_aws_region" {
  type        = string
  default     = null
  description = "What Vault's AWS method has as sts_region. Empty for the global endpoint."
}

variable "vault_role_id" {
  type        = string
  default     = null
  description = "The AppRole's role id, for VaultAuth approle."
}

variable "vault_credential_secret_arn" {
  type        = string
  default     = null
  description = "The full ARN of the Secrets Manager secret whose text is the AppRole's secret id, the token or the JWT. The value itself is never a parameter. Needed with VaultAddress, unless VaultAuth is aws."

  validation {
    condition     = var.vault_credential_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.vault_credential_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "vault_authority_auth" {
  type        = string
  default     = null
  description = "As VaultAuth, for the rotation of static roles. Empty for the same as the mirror's, with its VaultAuthMount."

  validation {
    condition     = var.vault_authority_auth == null ? true : contains(["", "approle", "aws", "jwt", "token"], var.vault_authority_auth)
    error_message = "It must be one of , approle, aws, jwt, token."
  }
}

variable "vault_authority_auth_mount" {
  type        = string
  default     = null
  description = "Where VaultAuthorityAuth is mounted below auth/. Empty for its own name."
}

variable "vault_authority_role_id" {
  type        = string
  default     = null
  description = "The role id of the AppRole that rotates static roles of Vault's database engine; not the mirror's, since its rights are others."
}

variable "vault_authority_role" {
  type        = string
  default     = null
  description = "As VaultRole, for the rotation of static roles."
}

variable "vault_authority_credential_secret_arn" {
  type        = string
  default     = null
  description = "As VaultCredentialSecretArn, for the rotation of static roles. Without it and VaultAuthorityRole there is no such function."

  validation {
    condition     = var.vault_authority_credential_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.vault_authority_credential_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "vault_role_grants" {
  type        = string
  default     = null
  description = "Static roles of Vault that a secret may have stored in it, by the name of the secret, each as mount/role. Example db/orders=database/orders-app"

  validation {
    condition     = var.vault_role_grants == null ? true : can(regex("^(?:([^,\\s]+=[^,=\\s]+/[^,=\\s]+([ ,]+([^,\\s]+=)?[^,=\\s]+/[^,=\\s]+)*)?)$", var.vault_role_grants))
    error_message = "It must match ([^,\\s]+=[^,=\\s]+/[^,=\\s]+([ ,]+([^,\\s]+=)?[^,=\\s]+/[^,=\\s]+)*)?."
  }
}

variable "vault_ca_cert" {
  type        = string
  default     = null
  description = "As TlsCa, for Vault."
}

variable "vault_ca_secret_arn" {
  type        = string
  default     = null
  description = "As TlsCaSecretArn, for Vault."

  validation {
    condition     = var.vault_ca_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.vault_ca_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "layers" {
  type        = list(string)
  default     = null
  description = "Versions of Lambda layers that every function has, for files below /opt. At most five. Empty for none. Example arn:aws:lambda:eu-west-1:123456789012:layer:roots:1"

  validation {
    condition     = alltrue([for item in coalesce(var.layers, []) : can(regex("^(?:(arn:[^:]+:lambda:[^:]+:\\d{12}:layer:[A-Za-z0-9_-]+:\\d+)?)$", item))])
    error_message = "It must match (arn:[^:]+:lambda:[^:]+:\\d{12}:layer:[A-Za-z0-9_-]+:\\d+)?."
  }
}

variable "vpc_subnet_ids" {
  type        = list(string)
  default     = null
  description = "Private subnets that reach the databases, Vault and the AWS APIs, by a NAT gateway or by endpoints: docs/how-to/networks.md. Empty to run outside of a VPC."
}

variable "vpc_security_group_ids" {
  type        = list(string)
  default     = null
  description = "Security groups of the functions. Needed with VpcSubnetIds."
}

variable "webhook_url" {
  type        = string
  default     = null
  description = "An https address that is told of each new version by a signed POST. Empty for none."

  validation {
    condition     = var.webhook_url == null ? true : can(regex("^(?:(https?://.+)?)$", var.webhook_url))
    error_message = "It must match (https?://.+)?."
  }
}

variable "webhook_key_secret_arn" {
  type        = string
  default     = null
  description = "The full ARN of the secret whose text is the key that these requests are signed with. Needed with WebhookUrl."

  validation {
    condition     = var.webhook_key_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.webhook_key_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "redis_secret_arn" {
  type        = string
  default     = null
  description = "The full ARN of the secret of a Redis or Valkey server, in AWS's JSON, that each new version's event is published on. Empty for none."

  validation {
    condition     = var.redis_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.redis_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "redis_channel" {
  type        = string
  default     = null
  description = "The channel of that server. The secret's user needs +publish and this channel, and nothing else. Default: rekey."

  validation {
    condition     = var.redis_channel == null ? true : can(regex("^(?:[!-~]{1,200})$", var.redis_channel))
    error_message = "It must match [!-~]{1,200}."
  }
}

variable "redis_channel_key_secret_arn" {
  type        = string
  default     = null
  description = "The full ARN of the secret whose text is the key that the messages on that channel are signed with. Empty: they are not signed, and anybody who may publish on the channel is heard."

  validation {
    condition     = var.redis_channel_key_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.redis_channel_key_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "chat_targets" {
  type        = string
  default     = null
  description = "Who is told of failures and findings, as JSON; docs/reference/chat.md has the form. Empty for nobody. Example [{\"kind\":\"slack\",\"secret\":\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat/slack-AbCdEf\"}]"
}

variable "chat_secret_arns" {
  type        = list(string)
  default     = null
  description = "The full ARNs of the secrets that ChatTargets names, each with the address of a webhook or a routing key as its text. Needed with ChatTargets."

  validation {
    condition     = alltrue([for item in coalesce(var.chat_secret_arns, []) : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", item))])
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "kubernetes_clusters_secret_arn" {
  type        = string
  default     = null
  description = "The full ARN of the secret whose text is JSON: the Kubernetes clusters with copies of secrets, and what rekey may do there; docs/reference/kubernetes.md has the form. Empty for none."

  validation {
    condition     = var.kubernetes_clusters_secret_arn == null ? true : can(regex("^(?:(arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?)$", var.kubernetes_clusters_secret_arn))
    error_message = "It must match (arn:[^:]+:secretsmanager:[^:]+:\\d{12}:secret:.*-[A-Za-z0-9]{6})?."
  }
}

variable "runbook_url" {
  type        = string
  default     = null
  description = "Where docs/runbook.md is published; what chats are told links to its sections. Empty for no such links."

  validation {
    condition     = var.runbook_url == null ? true : can(regex("^(?:(https?://[!-~]{1,400})?)$", var.runbook_url))
    error_message = "It must match (https?://[!-~]{1,400})?."
  }
}

variable "console_url" {
  type        = string
  default     = null
  description = "Where the console is reached; what chats are told links to a secret's page. Empty for no such links."

  validation {
    condition     = var.console_url == null ? true : can(regex("^(?:(https?://[!-~]{1,400})?)$", var.console_url))
    error_message = "It must match (https?://[!-~]{1,400})?."
  }
}

variable "reconcile_schedule" {
  type        = string
  default     = null
  description = "When every secret and its mirror are looked at, a rate() or cron() expression of EventBridge. Default: rate(1 hour)."
}

variable "archive_retention_days" {
  type        = number
  default     = null
  description = "How long the bus's events are kept for a replay. 0 to keep none. Default: 30."

  validation {
    condition     = var.archive_retention_days == null ? true : var.archive_retention_days >= 0
    error_message = "It must be at least 0."
  }

  validation {
    condition     = var.archive_retention_days == null ? true : var.archive_retention_days <= 3650
    error_message = "It must be at most 3650."
  }
}

variable "schema_registry" {
  type        = bool
  default     = null
  description = "true to register the schemas of the events with EventBridge, as <stack>-events. Default: false."
}

variable "maximum_secret_age_days" {
  type        = number
  default     = null
  description = "An alarm tells of a secret whose value is older, whether it is rotated or not. 0 for no such alarm. Default: 90."

  validation {
    condition     = var.maximum_secret_age_days == null ? true : var.maximum_secret_age_days >= 0
    error_message = "It must be at least 0."
  }
}

variable "replica_bus_arn" {
  type        = string
  default     = null
  description = "An event bus in a region of the secrets' replicas, that gets the same Secret Rotated events, and Secret Replicated once the replicas have the version. templates/subscribers/replica-region.yaml makes one. Empty for none."

  validation {
    condition     = var.replica_bus_arn == null ? true : can(regex("^(?:(arn:[^:]+:events:[^:]+:\\d{12}:event-bus/.+)?)$", var.replica_bus_arn))
    error_message = "It must match (arn:[^:]+:events:[^:]+:\\d{12}:event-bus/.+)?."
  }
}

variable "second_replica_bus_arn" {
  type        = string
  default     = null
  description = "A bus in a second region, besides ReplicaBusArn."

  validation {
    condition     = var.second_replica_bus_arn == null ? true : can(regex("^(?:(arn:[^:]+:events:[^:]+:\\d{12}:event-bus/.+)?)$", var.second_replica_bus_arn))
    error_message = "It must match (arn:[^:]+:events:[^:]+:\\d{12}:event-bus/.+)?."
  }
}

variable "third_replica_bus_arn" {
  type        = string
  default     = null
  description = "A bus in a third region."

  validation {
    condition     = var.third_replica_bus_arn == null ? true : can(regex("^(?:(arn:[^:]+:events:[^:]+:\\d{12}:event-bus/.+)?)$", var.third_replica_bus_arn))
    error_message = "It must match (arn:[^:]+:events:[^:]+:\\d{12}:event-bus/.+)?."
  }
}

variable "login_check_concurrency" {
  type        = number
  default     = null
  description = "After each look at a secret, log in with AWSCURRENT to its servers, so many secrets at a time, to find one that does not work. 0 for no such check. Default: 0."

  validation {
    condition     = var.login_check_concurrency == null ? true : contains([0, 2, 3, 4, 5, 10, 20], var.login_check_concurrency)
    error_message = "It must be one of 0, 2, 3, 4, 5, 10, 20."
  }
}

variable "keep_adoptions" {
  type        = bool
  default     = null
  description = "Whether a table keeps who uses a new version, so that a replaced credential can stop before its grace period is over. Without it only the deadline counts; the metric Adoptions and the log tell who has adopted. Default: true."
}

variable "accept_unnamed_subscribers" {
  type        = bool
  default     = null
  description = "true to take Secret Adopted under the former source rekey.subscriber too, in whose name anybody may speak who may put such events. For as long as clients of an earlier version run. Default: false."
}

variable "operator_role_arns" {
  type        = list(string)
  default     = null
  description = "Roles that may send to rekey's queues and topic, which a redrive needs. Patterns with * and ?, for example arn:aws:iam::123456789012:role/ops-*. Empty for nobody."

  validation {
    condition     = alltrue([for item in coalesce(var.operator_role_arns, []) : can(regex("^(?:(arn:[^:]+:iam::\\d{12}:.+)?)$", item))])
    error_message = "It must match (arn:[^:]+:iam::\\d{12}:.+)?."
  }
}

variable "subscriber_account_ids" {
  type        = list(string)
  default     = null
  description = "Other accounts whose queues, functions and https endpoints may subscribe to the topic. Empty for none."

  validation {
    condition     = alltrue([for item in coalesce(var.subscriber_account_ids, []) : can(regex("^(?:(\\d{12})?)$", item))])
    error_message = "It must match (\\d{12})?."
  }
}

variable "cluster_role_arns" {
  type        = list(string)
  default     = null
  description = "Roles of stacks with StackKind cluster that may publish on this stack's bus, their outputs PublisherRoleArns, or patterns with * and ?. Empty for none."

  validation {
    condition     = alltrue([for item in coalesce(var.cluster_role_arns, []) : can(regex("^(?:(arn:[^:]+:iam::\\d{12}:role/.+)?)$", item))])
    error_message = "It must match (arn:[^:]+:iam::\\d{12}:role/.+)?."
  }
}

variable "alarm_topic_arn" {
  type        = string
  default     = null
  description = "An SNS topic that is told by every alarm. Empty for alarms without an action."
}

variable "log_retention_days" {
  type        = number
  default     = null
  description = "LogRetentionDays. Default: 90."

  validation {
    condition     = var.log_retention_days == null ? true : contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "It must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}
