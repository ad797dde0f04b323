import * as names from "./tag-names.ts";

export type TagName = (typeof names)[keyof typeof names];

/** What people and documents know of a tag. */
export interface Tag {
  /** Whose tag it is: a secret's, unless it is an IAM role's. */
  readonly on?: "role";
  /** A list where no other value is accepted, else what a value looks like. */
  readonly values: readonly string[] | string;
  readonly default?: string;
  /** Who reads it. */
  readonly reader: string;
  readonly meaning: string;
  /** The page of the reference or of the guides that says more. */
  readonly page?: string;
}

const rotation = "the rotation functions";
const mirror = "`mirror-to-vault`, `reconcile`";

/** Every tag that rekey reads or writes. A new one: its name in `tag-names.ts`, its row here, and the code that reads it. */
export const tagTable: Readonly<Record<TagName, Tag>> = {
  [names.strategyTag]: {
    values: ["single-user", "alternating-users", "dual-password", "issued"],
    reader: rotation,
    meaning:
      "How a password is replaced. Without the tag, `masterarn` selects alternating users, else the engine's own default counts. Redis, ElastiCache, MariaDB, MySQL, OpenLDAP, Kafka and Oracle have `dual-password`; an API, Vault and signing keys have `issued`.",
  },
  [names.changeAtTag]: {
    values: ["setSecret", "finishSecret"],
    default: "setSecret",
    reader: rotation,
    meaning: "The step that changes a single user's password.",
    page: "../decisions/0004-where-the-password-is-changed.md",
  },
  [names.graceTag]: {
    values: "`30m`, `24h`, `7d`",
    reader: `${rotation}, \`retire-previous\``,
    meaning: "How long a replaced credential still works, where two can work at once.",
  },
  [names.graceExtensionTag]: {
    values: "`0m`, `24h`, `7d`",
    default: "as long as the grace period",
    reader: rotation,
    meaning:
      "How much longer a replaced credential works while the server has connections of it. After that it is retired all the same.",
  },
  [names.tlsTag]: {
    values: ["verify-full", "verify-ca", "require", "disable"],
    reader: rotation,
    meaning: "The TLS mode. It overrides the secret's `ssl`.",
  },
  [names.adminSecretTag]: {
    values: "an ARN",
    reader: rotation,
    meaning:
      "The admin secret, where the JSON has no `masterarn`. It selects one of `REKEY_ADMIN_SECRETS` (`AdminSecretArns`) and grants nothing: the function's role can read only these.",
  },
  [names.alternateUserTag]: {
    values: "a user name",
    reader: rotation,
    meaning:
      "The alternate user's name. An existing user of that name joins the pair only when `REKEY_USER_GRANTS` grants it.",
  },
  [names.passwordCharsetTag]: {
    values: ["alnum", "url", "dsn", "jdbc", "shell"],
    default: "url",
    reader: rotation,
    meaning:
      "Letters and digits (`alnum`), and these symbols: `url` `-._~`, `dsn` `-._~*+`, `jdbc` `-._*`, `shell` `-._+:@%`. In a place of that name no symbol needs escaping.",
  },
  [names.passwordLengthTag]: {
    values: "a number up to 128",
    default: "32",
    reader: rotation,
    meaning: "How many characters a new password has.",
  },
  [names.passwordExcludeTag]: {
    values: "characters",
    reader: rotation,
    meaning: "Characters that no new password has.",
  },
  [names.passwordEachKindTag]: {
    values: ["true", "false"],
    default: "true",
    reader: rotation,
    meaning:
      "Whether each new password has every kind that its charset has: upper case, lower case, digits and symbols.",
  },
  [names.passwordHashTag]: {
    values: ["scram-sha-256", "md5"],
    reader: "`rotate-postgres`, `rotate-redshift`",
    meaning: "The form in which the server keeps the password. Redshift has only `md5`.",
    page: "postgres.md#the-form-of-the-password",
  },
  [names.acceptExperimentalTag]: {
    values: ["true", "false"],
    default: "false",
    reader: rotation,
    meaning:
      "Whether an experimental engine, which never ran on a real server, may rotate the secret. Without `true` it begins no rotation.",
    page: "engines.md#experimental-engines",
  },
  [names.redisReplicasTag]: {
    values: ["change"],
    reader: "`rotate-redis`",
    meaning: "Replicas in `hosts` are changed too.",
    page: "redis.md",
  },
  [names.startTlsTag]: {
    values: ["true", "false"],
    default: "`true` at port 389, else `false`",
    reader: "`rotate-ldap`, `rotate-active-directory`",
    meaning: "Whether the connection begins without TLS and asks for it (StartTLS). Nothing else is sent before TLS.",
    page: "ldap.md",
  },
  [names.apiPathTag]: {
    values: "a path",
    default: "/keys",
    reader: "`rotate-http-api-key`",
    meaning: "Where the API makes and deletes keys.",
    page: "http-api-key.md",
  },
  [names.apiTestPathTag]: {
    values: "a path",
    reader: "`rotate-http-api-key`",
    meaning: `Where a key is tried. Without the tag it is the path in \`${names.apiPathTag}\`.`,
    page: "http-api-key.md",
  },
  [names.apiHeaderTag]: {
    values: "a header's name",
    default: "authorization",
    reader: "`rotate-http-api-key`",
    meaning: "The header that shows the key: `Authorization` as `Bearer <key>`, any other the key itself.",
    page: "http-api-key.md",
  },
  [names.vaultRoleTag]: {
    values: "a role's name",
    reader: "`rotate-vault-static-role`",
    meaning: "The static role, required there. `VaultRoleGrants` must grant it to the secret.",
    page: "vault-static-role.md",
  },
  [names.vaultDbMountTag]: {
    values: "a path",
    default: "database",
    reader: "`rotate-vault-static-role`",
    meaning: "Where Vault's database engine is mounted.",
    page: "vault-static-role.md",
  },
  [names.signingAlgorithmTag]: {
    values: ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA"],
    default: "ES256",
    reader: "`rotate-signing-key`",
    meaning:
      "What the next key is for. rekey fixes curves and sizes. A changed algorithm signs from the second rotation on.",
    page: "signing-key.md",
  },
  [names.tokenLifetimeTag]: {
    values: "`5m` to `90d`",
    default: "24h",
    reader: "`rotate-signing-key`",
    meaning: "The longest lifetime of a token or cookie. A key that no longer signs is kept for that long.",
    page: "signing-key.md",
  },
  [names.publicationLeadTag]: {
    values: "`2h` to `30d`",
    default: "2h",
    reader: "`rotate-signing-key`",
    meaning:
      "How long a key is published before it signs, which is the shortest time between two rotations. It must be longer than `ttlMs` and `maxStaleMs` of every client together.",
    page: "signing-key.md",
  },
  [names.mirrorTag]: {
    values: ["true", "false"],
    default: "true",
    reader: mirror,
    meaning: "`false` removes the secret from the mirror.",
    page: "../how-to/mirror.md",
  },
  [names.vaultMapTag]: {
    values: "`fields`, `field:<name>`, `template:<name>`",
    default: "fields",
    reader: mirror,
    meaning:
      "What the mirror holds: `fields` the members of the JSON, `field:<name>` the whole text in that one field, `template:<name>` a template's fields.",
    page: "../how-to/mirror.md",
  },
  [names.vaultClusterTag]: {
    values: "a cluster's name",
    reader: mirror,
    meaning: "The Vault cluster of the secret, where there are several.",
    page: "../how-to/several-vaults.md",
  },
  [names.vaultPathTag]: {
    values: "a path",
    reader: mirror,
    meaning: "Its place in the mirror, instead of prefix and name. It must begin with the prefix, where there is one.",
  },
  [names.subscribersTag]: {
    values: "names with a space between",
    reader: "`retire-previous`, `rekey history`, the console",
    meaning:
      "When each has sent `Secret Adopted`, the grace period ends early. `rekey history` shows when each did, with or without a grace period.",
  },
  [names.rotationReasonTag]: {
    values: "a text",
    reader: "`rekey history`, the console",
    meaning:
      "Why somebody rotated or rolled back the secret last. `rekey rotate` and `rekey rollback` write it from `--reason`.",
  },
  [names.smokeTestTag]: {
    values: "a run's id",
    reader: "`rekey smoke-test`",
    meaning: "A smoke test made it, and removes it. `rekey smoke-test` writes it, also on its stacks and its bucket.",
    page: "../how-to/smoke-test.md",
  },
  [names.subscriberTag]: {
    on: "role",
    values: "a name",
    reader: "the policy of the bus",
    meaning: "On the IAM role of a subscriber: the name under which it may send `Secret Adopted`.",
    page: "events.md#who-may-say-what",
  },
};

/** The tags that a secret can have. */
export const secretTags: readonly string[] = Object.entries(tagTable).flatMap(([name, { on }]) =>
  on === undefined ? [name] : [],
);

/** Names in rekey's own space, in any case, that no part of rekey knows: most of them are typing errors. */
export const unknownTags = (tags: ReadonlyMap<string, string>): readonly string[] =>
  [...tags.keys()].filter((name) => /^rekey:/i.test(name) && !secretTags.includes(name));
