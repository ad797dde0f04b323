// Written by `npm run docs` from the folders functions/rotate-*.
/** The module of each rotation function; it brings its driver only when it is asked for. */
export const rotations = {
  "rotate-active-directory": async () => import("../../functions/rotate-active-directory/rotation.ts"),
  "rotate-elasticache": async () => import("../../functions/rotate-elasticache/rotation.ts"),
  "rotate-elasticsearch": async () => import("../../functions/rotate-elasticsearch/rotation.ts"),
  "rotate-http-api": async () => import("../../functions/rotate-http-api/rotation.ts"),
  "rotate-http-api-key": async () => import("../../functions/rotate-http-api-key/rotation.ts"),
  "rotate-kafka": async () => import("../../functions/rotate-kafka/rotation.ts"),
  "rotate-ldap": async () => import("../../functions/rotate-ldap/rotation.ts"),
  "rotate-mariadb": async () => import("../../functions/rotate-mariadb/rotation.ts"),
  "rotate-mongodb": async () => import("../../functions/rotate-mongodb/rotation.ts"),
  "rotate-msk": async () => import("../../functions/rotate-msk/rotation.ts"),
  "rotate-mysql": async () => import("../../functions/rotate-mysql/rotation.ts"),
  "rotate-opensearch": async () => import("../../functions/rotate-opensearch/rotation.ts"),
  "rotate-oracle": async () => import("../../functions/rotate-oracle/rotation.ts"),
  "rotate-postgres": async () => import("../../functions/rotate-postgres/rotation.ts"),
  "rotate-rabbitmq": async () => import("../../functions/rotate-rabbitmq/rotation.ts"),
  "rotate-redis": async () => import("../../functions/rotate-redis/rotation.ts"),
  "rotate-redshift": async () => import("../../functions/rotate-redshift/rotation.ts"),
  "rotate-signing-key": async () => import("../../functions/rotate-signing-key/rotation.ts"),
  "rotate-sqlserver": async () => import("../../functions/rotate-sqlserver/rotation.ts"),
};
