import { grantedOrigins } from "../../shared/engines/http-api-key/granted-origins.ts";
import { httpApiKeyEngine } from "../../shared/engines/http-api-key/http-api-key-engine.ts";
import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { mongodbEngine } from "../../shared/engines/mongodb/mongodb-engine.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import { redisEngine } from "../../shared/engines/redis/redis-engine.ts";
import { redshiftEngine } from "../../shared/engines/redshift/redshift-engine.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { checkLoginFunction } from "../../shared/runtime/check-login-function.ts";

const engines = [
  postgresEngine(),
  redshiftEngine(),
  mariadbEngine(),
  mysqlEngine(),
  mongodbEngine(),
  redisEngine({ report: () => undefined }),
  httpApiKeyEngine(grantedOrigins(environmentOf(process.env).list("REKEY_HTTP_API_ORIGINS"))),
];

/** SQS invokes it with one task of `reconcile` at a time; it logs in with AWSCURRENT and says when that is refused. */
export const handler = checkLoginFunction(engines, process.env);
