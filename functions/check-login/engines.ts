// Written by `npm run docs` from the folders functions/rotate-*.
import { createEngine as activeDirectory } from "../rotate-active-directory/rotation.ts";
import { createEngine as elasticache } from "../rotate-elasticache/rotation.ts";
import { createEngine as elasticsearch } from "../rotate-elasticsearch/rotation.ts";
import { createEngine as httpApi } from "../rotate-http-api/rotation.ts";
import { createEngine as httpApiKey } from "../rotate-http-api-key/rotation.ts";
import { createEngine as kafka } from "../rotate-kafka/rotation.ts";
import { createEngine as ldap } from "../rotate-ldap/rotation.ts";
import { createEngine as mariadb } from "../rotate-mariadb/rotation.ts";
import { createEngine as mongodb } from "../rotate-mongodb/rotation.ts";
import { createEngine as msk } from "../rotate-msk/rotation.ts";
import { createEngine as mysql } from "../rotate-mysql/rotation.ts";
import { createEngine as opensearch } from "../rotate-opensearch/rotation.ts";
import { createEngine as oracle } from "../rotate-oracle/rotation.ts";
import { createEngine as postgres } from "../rotate-postgres/rotation.ts";
import { createEngine as rabbitmq } from "../rotate-rabbitmq/rotation.ts";
import { createEngine as redis } from "../rotate-redis/rotation.ts";
import { createEngine as redshift } from "../rotate-redshift/rotation.ts";
import { createEngine as signingKey } from "../rotate-signing-key/rotation.ts";
import { createEngine as sqlserver } from "../rotate-sqlserver/rotation.ts";

export const engines = [
  activeDirectory(),
  elasticache(),
  elasticsearch(),
  httpApi(),
  httpApiKey(),
  kafka(),
  ldap(),
  mariadb(),
  mongodb(),
  msk(),
  mysql(),
  opensearch(),
  oracle(),
  postgres(),
  rabbitmq(),
  redis(),
  redshift(),
  signingKey(),
  sqlserver(),
];
