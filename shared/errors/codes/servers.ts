import { abort, intervene, retry, type CodeEntry } from "../code-entry.ts";

/** What a database, or whatever else holds the credential, answers. */
export const serversCodes = {
  "account-unsupported": abort(
    "the user's account on the server is set up in a way that cannot be rotated",
    "see the property or problem in the context: take it off the account, or give the service an account without it",
  ),
  "connection-lost": retry(
    "the connection to the database was cut in the middle",
    "the step is repeated and finds out what took effect; look at the server's log and at proxies if it persists",
  ),
  "credential-expired": intervene(
    "the user's password or account has expired on the server",
    "extend the password or the account on the server, then rotate again",
  ),
  "credential-orphaned": intervene(
    "no stored version of the credential logs in to the database",
    "set the database password by hand to the one in AWSCURRENT, or let the admin replace it with REKEY_USER_GRANTS, then rotate again",
  ),
  "credential-refused": abort(
    "the database refused the credential that the step must work with",
    "check on the server that the user exists, has not expired and may log in from the function's host",
  ),
  "database-busy": retry(
    "the database takes no more connections, or is starting up or shutting down",
    "raise the connection limit of the user, the server or the pooler, or wait",
  ),
  "database-failed": abort(
    "the database refused the statement or the session",
    "look up the SQLSTATE or the error number in the context",
  ),
  "database-locked": retry(
    "another session holds a lock that the change of the password needs",
    "look for a long transaction that changes roles or users, and end it",
  ),
  "database-read-only": abort(
    "the host in the secret is a read-only replica",
    "name the writer's endpoint in the secret",
  ),
  "database-rights-missing": intervene(
    "the session may not change this user",
    "give the user the right to change itself, or the admin the right to change this user",
  ),
  "database-timeout": retry(
    "the database took the connection but did not answer in time",
    "check the server's load, and what stands between it and the function (proxy, inspection)",
  ),
  "database-unknown": abort("the database named in the secret does not exist", "correct dbname in the secret"),
  "database-unreachable": retry(
    "no connection to the database could be made",
    "check host, port, security groups and the function's subnets",
  ),
  "engine-unsupported": abort(
    "this function does not rotate the engine that the secret names",
    "use the rotation function of that engine, or correct the secret's engine field",
  ),
  "pooler-keeps-password": abort(
    "the connection goes through a pooler that has the user's password in a list of its own, which nothing would update",
    "let the pooler look passwords up on the server (PgBouncer: auth_query), or name the server itself in the secret",
  ),
  "server-misbehaved": abort(
    "the server sent something that its protocol does not allow, or far more than an answer needs",
    "check that host and port are the database's, and what stands between",
    "check that the address is Vault's own, and what stands between",
  ),
  "server-too-old": abort("the server is older than the oldest version that rekey supports", "upgrade the server"),
  "user-collision": abort(
    "the alternate user's name is already used by a user that rekey did not make",
    "rename that user, or add <secret name>=<user>@<host>:<port> to REKEY_USER_GRANTS (template parameter UserGrants)",
  ),
} as const satisfies Record<string, CodeEntry>;
