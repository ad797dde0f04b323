import { explainLogin as explainMariadb } from "../mariadb/login-failure.ts";
import { isLimit as isMysqlLimit, isRefusal as isMysqlRefusal } from "../mysql2/login-failure.ts";
import { explainLogin as explainPostgres, isConnectionLimit, isRefusedLogin } from "../pg/login-failure.ts";
import type { Explanation } from "../tls-failure.ts";
import type { Dialect } from "./login-settings.ts";

/** How to read a driver's error. */
interface Reading {
  isRefusal(error: unknown): boolean;
  isLimit(error: unknown): boolean;
  explain(error: unknown, isEncrypted: boolean): Explanation | undefined;
}

const ofMysql: Reading = { isRefusal: isMysqlRefusal, isLimit: isMysqlLimit, explain: explainMariadb };
const readings: Readonly<Record<Dialect, Reading>> = {
  postgres: { isRefusal: isRefusedLogin, isLimit: isConnectionLimit, explain: explainPostgres },
  mysql: ofMysql,
  mariadb: ofMysql,
};

/** Sequelize's own errors have the driver's as their parent. */
const parentOf = (error: unknown): unknown => Reflect.get(Object(error) as object, "parent") ?? error;

export function readingOf(dialect: Dialect): Reading {
  const { isRefusal, isLimit, explain } = readings[dialect];
  return {
    isRefusal: (error) => isRefusal(parentOf(error)),
    isLimit: (error) => isLimit(parentOf(error)),
    explain: (error, isEncrypted) => explain(parentOf(error), isEncrypted),
  };
}
