import { vaultCaVariable } from "../statements.ts";

/** How the mirror is reached, and where in it a secret belongs. */
export const mirrorVariables = [
  "VAULT_ADDR: !Ref VaultAddress",
  "VAULT_AUTH: !Ref VaultAuth",
  "VAULT_AUTH_MOUNT: !Ref VaultAuthMount",
  "VAULT_AWS_REGION: !Ref VaultAwsRegion",
  "VAULT_AWS_SERVER_ID: !Ref VaultAwsServerId",
  vaultCaVariable,
  "VAULT_CLUSTER: !Ref VaultCluster",
  "VAULT_CLUSTER_ROUTES: !Ref VaultClusterRoutes",
  "VAULT_CLUSTERS: !Ref VaultClusters",
  "VAULT_CREDENTIAL_SECRET: !Ref VaultCredentialSecretArn",
  "VAULT_JWT_FILE: !Ref VaultJwtFile",
  "VAULT_MOUNT: !Ref VaultMount",
  "VAULT_NAMESPACE: !Ref VaultNamespace",
  "VAULT_PATH_PREFIX: !Ref VaultPathPrefix",
  "VAULT_ROLE: !Ref VaultRole",
  "VAULT_ROLE_ID: !Ref VaultRoleId",
  "VAULT_TEMPLATES: !Ref VaultTemplates",
];
