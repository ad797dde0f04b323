import { allow, readSecret, readTheVaultCa, vaultCaVariable } from "../statements.ts";
import { onlyIf } from "../text.ts";

/** A rotation function. A new engine is one row here, besides its folders in `functions/` and `shared/engines/`. */
export interface RotationRow {
  readonly name: string;
  readonly description: string;
  readonly output?: string;
  readonly condition?: string;
  /** Whether its engine never ran on a real server: then there is a function only where ExperimentalEngines asks for it. */
  readonly experimental?: true;
  /** Whether an administrator's secret may be used; a server that issues its credentials itself needs none. */
  readonly admins: boolean;
  /** 30 unless given. */
  readonly timeoutSeconds?: number;
  readonly variables?: readonly string[];
  readonly statements?: readonly string[];
}

export const rotationRows: readonly RotationRow[] = [
  {
    name: "rotate-postgres",
    description: "Rotates PostgreSQL credentials for Secrets Manager.",
    output: "The rotation function; name it as a secret's RotationLambdaARN.",
    admins: true,
  },
  {
    name: "rotate-redshift",
    description: "Rotates Amazon Redshift credentials for Secrets Manager.",
    output: "The rotation function of Amazon Redshift.",
    admins: true,
  },
  {
    name: "rotate-mongodb",
    description: "Rotates MongoDB and DocumentDB credentials for Secrets Manager.",
    output: "The rotation function of MongoDB and DocumentDB.",
    admins: true,
  },
  {
    name: "rotate-mariadb",
    description: "Rotates MariaDB credentials for Secrets Manager.",
    output: "The rotation function of MariaDB.",
    admins: true,
  },
  {
    name: "rotate-mysql",
    description: "Rotates MySQL credentials for Secrets Manager.",
    output: "The rotation function of MySQL.",
    admins: true,
  },
  {
    name: "rotate-redis",
    description: "Rotates Redis and Valkey credentials for Secrets Manager.",
    output: "The rotation function of Redis and Valkey.",
    admins: true,
  },
  {
    name: "rotate-elasticache",
    description: "Rotates the passwords of ElastiCache and MemoryDB users for Secrets Manager.",
    output: "The rotation function of users of ElastiCache and MemoryDB.",
    admins: false,
    // A change of a user takes minutes; what is left of it is waited for by the next invocation.
    timeoutSeconds: 300,
    variables: ["REKEY_CACHE_USERS: !Ref CacheUserGrants"],
    statements: [
      onlyIf(
        "HasCacheUsers",
        allow(
          "RotateTheseCacheUsers",
          ["elasticache:DescribeUsers", "elasticache:ModifyUser", "memorydb:DescribeUsers", "memorydb:UpdateUser"],
          "!Ref CacheUserArns",
        ),
      ),
    ],
  },
  {
    name: "rotate-rabbitmq",
    description: "Rotates RabbitMQ and Amazon MQ credentials for Secrets Manager.",
    output: "The rotation function of RabbitMQ and Amazon MQ for RabbitMQ.",
    admins: true,
  },
  {
    name: "rotate-opensearch",
    description: "Rotates the passwords of OpenSearch's internal users for Secrets Manager.",
    output: "The rotation function of OpenSearch.",
    admins: true,
  },
  {
    name: "rotate-elasticsearch",
    description: "Rotates the passwords of Elasticsearch's native users for Secrets Manager. Experimental.",
    output: "The rotation function of Elasticsearch, which is experimental.",
    experimental: true,
    admins: true,
  },
  {
    name: "rotate-ldap",
    description: "Rotates the passwords of OpenLDAP's entries for Secrets Manager.",
    output: "The rotation function of OpenLDAP.",
    admins: true,
  },
  {
    name: "rotate-oracle",
    description: "Rotates Oracle credentials for Secrets Manager; experimental.",
    output: "The rotation function of Oracle, which is experimental.",
    experimental: true,
    admins: true,
  },
  {
    name: "rotate-active-directory",
    description: "Rotates passwords of Active Directory's users for Secrets Manager.",
    output: "The rotation function of Active Directory.",
    admins: true,
  },
  {
    name: "rotate-kafka",
    description: "Rotates the passwords of Kafka's users of SCRAM for Secrets Manager.",
    output: "The rotation function of Kafka.",
    admins: true,
  },
  {
    name: "rotate-msk",
    description: "Rotates the passwords of Amazon MSK's users of SCRAM for Secrets Manager.",
    output: "The rotation function of Amazon MSK.",
    condition: "RotatesMsk",
    admins: false,
    // MSK takes a password up to ten minutes after its secret has it.
    timeoutSeconds: 900,
    variables: ["REKEY_MSK_SECRETS: !Ref MskSecretGrants"],
    statements: [
      allow(
        "WriteWhatMskReads",
        ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
        "!Ref MskSecretArns",
      ),
    ],
  },
  {
    name: "rotate-sqlserver",
    description: "Rotates SQL Server credentials for Secrets Manager. Experimental.",
    output: "The rotation function of SQL Server, which is experimental.",
    experimental: true,
    admins: true,
  },
  {
    name: "rotate-http-api-key",
    description: "Rotates the keys of an HTTP API that issues them itself.",
    output: "The rotation function of keys of HTTP APIs.",
    admins: false,
    variables: ['REKEY_HTTP_API_ORIGINS: !Join [",", !Ref HttpApiOrigins]'],
  },
  {
    name: "rotate-http-api",
    description: "Rotates keys of the HTTP APIs that the stack's configuration describes.",
    output: "The rotation function of keys of described HTTP APIs.",
    admins: false,
    // A new key may take its time to be known everywhere.
    timeoutSeconds: 90,
    variables: [
      "REKEY_HTTP_APIS: !Ref HttpApis",
      "REKEY_HTTP_API_GRANTS: !Ref HttpApiGrants",
      'REKEY_HTTP_API_ORIGINS: !Join [",", !Ref HttpApiOrigins]',
    ],
  },
  {
    name: "rotate-signing-key",
    description: "Makes the signing keys of tokens and cookies, one rotation ahead of their use.",
    output: "The rotation function of signing keys.",
    admins: false,
  },
  {
    name: "rotate-iam-access-key",
    description: "Rotates access keys of IAM users, and the SMTP passwords of Amazon SES that follow from them.",
    output: "The rotation function of access keys of IAM users.",
    condition: "RotatesIamKeys",
    admins: false,
    variables: ["REKEY_IAM_USERS: !Ref IamUserGrants"],
    statements: [
      allow(
        "RotateTheKeysOfTheseUsers",
        [
          "iam:CreateAccessKey",
          "iam:DeleteAccessKey",
          "iam:GetAccessKeyLastUsed",
          "iam:GetUser",
          "iam:ListAccessKeys",
          "iam:UpdateAccessKey",
        ],
        "!Ref IamUserArns",
      ),
      allow("NoteTheirKeys", "iam:TagUser", "!Ref IamUserArns", {
        operator: "ForAllValues:StringEquals",
        keys: "aws:TagKeys: [rekey-issued-keys, rekey-issuing-key]",
      }),
    ],
  },
  {
    name: "rotate-vault-static-role",
    description: "Has Vault rotate a static role of its database engine and stores the credential.",
    output: "The rotation function of Vault's static roles.",
    condition: "VaultIsAuthority",
    admins: false,
    variables: [
      "REKEY_VAULT_ROLES: !Ref VaultRoleGrants",
      "VAULT_ADDR: !Ref VaultAddress",
      "VAULT_AUTH: !If [HasVaultAuthorityAuth, !Ref VaultAuthorityAuth, !Ref VaultAuth]",
      "VAULT_AUTH_MOUNT: !If [HasVaultAuthorityAuth, !Ref VaultAuthorityAuthMount, !Ref VaultAuthMount]",
      "VAULT_AWS_REGION: !Ref VaultAwsRegion",
      "VAULT_AWS_SERVER_ID: !Ref VaultAwsServerId",
      vaultCaVariable,
      "VAULT_CREDENTIAL_SECRET: !Ref VaultAuthorityCredentialSecretArn",
      "VAULT_JWT_FILE: !Ref VaultJwtFile",
      "VAULT_NAMESPACE: !Ref VaultNamespace",
      "VAULT_ROLE: !Ref VaultAuthorityRole",
      "VAULT_ROLE_ID: !Ref VaultAuthorityRoleId",
    ],
    statements: [
      onlyIf("HasVaultAuthorityCredential", readSecret("ReadTheVaultCredential", "VaultAuthorityCredentialSecretArn")),
      readTheVaultCa,
    ],
  },
];
