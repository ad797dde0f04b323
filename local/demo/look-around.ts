import type { World } from "./world.ts";

/** What to paste into another terminal while the demo is kept running. */
export function howToLookAround({ stack: { aws, vault, region } }: World): string {
  return `
Left running until Ctrl-C. In another terminal:

  export AWS_ENDPOINT_URL=${aws.endpoint} AWS_DEFAULT_REGION=${region} AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo
  export VAULT_ADDR=${vault.address} VAULT_TOKEN=${vault.rootToken}

  aws secretsmanager describe-secret --secret-id demo/orders-api
  aws secretsmanager rotate-secret --secret-id demo/orders-api
  vault kv get secret/demo/orders-api
`;
}
