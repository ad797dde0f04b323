import pg from "pg";
import { postgresLogins } from "../postgres-logins.ts";

export const { isRefusedLogin, isConnectionLimit, explainLogin } = postgresLogins(
  (error): error is pg.DatabaseError => error instanceof pg.DatabaseError,
);
