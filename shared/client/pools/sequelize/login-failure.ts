import { explainLogin as explainMariadb } from "../mariadb/login-failure.ts";
import { isLimit, isRefusal } from "../mysql2/login-failure.ts";
import { type PostgresAnswer, postgresLogins } from "../postgres-logins.ts";
import type { Explanation } from "../tls-failure.ts";
import type { Dialect } from "./login-settings.ts";

/** How to read a driver's error. */
interface Reading {
  isRefusal(error: unknown): boolean;
  isLimit(error: unknown): boolean;
  explain(error: unknown, isEncrypted: boolean): Explanation | undefined;
}

/** As pg names what a server answers; its class is that of whichever pg Sequelize has loaded. */
const ofPostgres = postgresLogins(
  (error): error is PostgresAnswer =>
    error instanceof Error && error.name === "error" && typeof Reflect.get(error, "length") === "number",
);
const ofMysql: Reading = { isRefusal, isLimit, explain: explainMariadb };
const readings: Readonly<Record<Dialect, Reading>> = {
  postgres: {
    isRefusal: ofPostgres.isRefusedLogin,
    isLimit: ofPostgres.isConnectionLimit,
    explain: ofPostgres.explainLogin,
  },
  mysql: ofMysql,
  mariadb: ofMysql,
};

/** Sequelize's own errors have the driver's as their parent. */
const parentOf = (error: unknown): unknown => Reflect.get(Object(error) as object, "parent") ?? error;

export function readingOf(dialect: Dialect): Reading {
  const reading = readings[dialect];
  return {
    isRefusal: (error) => reading.isRefusal(parentOf(error)),
    isLimit: (error) => reading.isLimit(parentOf(error)),
    explain: (error, isEncrypted) => reading.explain(parentOf(error), isEncrypted),
  };
}
