# Written by `npm run docs` from template.yaml.

variable "secrets" {
  type = map(object({
    arn                = string
    engine             = string
    schedule           = optional(string, "rate(30 days)")
    window             = optional(string)
    rotate_immediately = optional(bool, false)
    admin_secret_arn   = optional(string)
  }))
  default     = {}
  description = "Secrets to rotate, by any name: the ARN, the engine, when, and the administrator's secret for two users. The functions are granted their use."

  validation {
    condition = alltrue([for secret in values(var.secrets) : contains(
      ["postgres", "redshift", "mongodb", "mariadb", "mysql", "redis", "elasticache", "rabbitmq", "opensearch", "elasticsearch", "ldap", "oracle", "active-directory", "kafka", "msk", "sqlserver", "http-api-key", "http-api", "signing-key", "iam-access-key", "vault-static-role"],
      secret.engine,
    )])
    error_message = "An engine is postgres, redshift, mongodb, mariadb, mysql, redis, elasticache, rabbitmq, opensearch, elasticsearch, ldap, oracle, active-directory, kafka, msk, sqlserver, http-api-key, http-api, signing-key, iam-access-key or vault-static-role."
  }
}

locals {
  rotation_function_arns = {
    "postgres"          = local.outputs["RotatePostgresArn"]
    "redshift"          = local.outputs["RotateRedshiftArn"]
    "mongodb"           = local.outputs["RotateMongodbArn"]
    "mariadb"           = local.outputs["RotateMariadbArn"]
    "mysql"             = local.outputs["RotateMysqlArn"]
    "redis"             = local.outputs["RotateRedisArn"]
    "elasticache"       = local.outputs["RotateElasticacheArn"]
    "rabbitmq"          = local.outputs["RotateRabbitmqArn"]
    "opensearch"        = local.outputs["RotateOpensearchArn"]
    "elasticsearch"     = try(local.outputs["RotateElasticsearchArn"], null)
    "ldap"              = local.outputs["RotateLdapArn"]
    "oracle"            = try(local.outputs["RotateOracleArn"], null)
    "active-directory"  = local.outputs["RotateActiveDirectoryArn"]
    "kafka"             = local.outputs["RotateKafkaArn"]
    "msk"               = try(local.outputs["RotateMskArn"], null)
    "sqlserver"         = try(local.outputs["RotateSqlserverArn"], null)
    "http-api-key"      = local.outputs["RotateHttpApiKeyArn"]
    "http-api"          = local.outputs["RotateHttpApiArn"]
    "signing-key"       = local.outputs["RotateSigningKeyArn"]
    "iam-access-key"    = try(local.outputs["RotateIamAccessKeyArn"], null)
    "vault-static-role" = try(local.outputs["RotateVaultStaticRoleArn"], null)
  }
}
