import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { agentConfiguration } from "./agent-configuration.ts";
import { agentFile } from "./agent-file.ts";

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "rekey-agent-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "config.toml");
  writeFileSync(path, content);
  return path;
}

const role = "arn:aws:iam::987654321098:role/SecretAccessRole";

test("the file of AWS's agent sets the same here, with tables", async () => {
  const file = await agentFile(
    fileOf(`
      [logging]
      log_level = "WARN"
      log_to_file = false
      [capabilities.secrets_manager]
      enabled = true
      http_port = 2775
      region = "us-east-1"
      path_prefix = "/v2/"
      max_conn = 10
      max_roles = 5
      credentials_file_path = "/run/keys"
      ignore_transient_errors = false
      validate_credentials = true
      [capabilities.secrets_manager.cache]
      ttl_seconds = 0
      cache_size = 100
      [capabilities.secrets_manager.security]
      ssrf_headers = ["X-Own-Token"]
      ssrf_env_variables = ["OWN_TOKEN"]
      [capabilities.secrets_manager.prefetch]
      cache_buffer_ratio = 0.6
      max_jitter_seconds = 5
      secrets = [{ secret_id = "prod/a" }, { secret_id = "prod/b", role_arn = "${role}" }]
      [[capabilities.secrets_manager.prefetch.filter_tags]]
      key = "Environment"
      [capabilities.acm]
      enabled = false
    `),
  );
  expect(file).toEqual({
    logLevel: "warn",
    port: 2775,
    region: "us-east-1",
    pathPrefix: "/v2/",
    maxConnections: 10,
    maxRoles: 5,
    credentialsFile: "/run/keys",
    servesStale: false,
    validatesCredentials: true,
    ttlSeconds: 0,
    maxSecrets: 100,
    tokenHeaders: ["X-Own-Token"],
    tokenVariables: ["OWN_TOKEN"],
    prefetchShare: 0.6,
    prefetchJitterSeconds: 5,
    prefetchSecrets: [
      { named: "prod/a", roleArn: undefined },
      { named: "prod/b", roleArn: role },
    ],
    prefetchTags: [{ named: "Environment", roleArn: undefined }],
  });
});

test("the older keys at the top are taken, and numbers as text, as AWS's agent takes them", async () => {
  const path = fileOf(
    'http_port = "2776"\nttl_seconds = 60\nmax_conn = 7\n[prefetch]\nfilter_tags = [{ key = "Team" }]\n',
  );
  expect(await agentFile(path)).toEqual({
    port: 2776,
    ttlSeconds: 60,
    maxConnections: 7,
    prefetchTags: [{ named: "Team", roleArn: undefined }],
  });
});

test.each([
  ["a key that nobody knows", "http_prot = 2773", "http_prot"],
  ["a table that nobody knows", "[capabilities.secret_manager]", "capabilities.secret_manager"],
  ["a number out of its range", "ttl_seconds = 3601", "ttl_seconds"],
  ["another kind of value", "ssrf_headers = 1", "ssrf_headers"],
  ["an empty list", "ssrf_headers = []", "ssrf_headers"],
  ["a log file", "log_to_file = true", "log_to_file"],
  ["certificates", "[capabilities.acm]\nenabled = true", "capabilities.acm.enabled"],
  ["no secrets", "[capabilities.secrets_manager]\nenabled = false", "capabilities.secrets_manager.enabled"],
  ["a key of a later entry", '[prefetch]\nsecrets = [{ secret_id = "a", roleArn = "b" }]', "prefetch.secrets"],
  ["old keys in a file with tables", 'http_port = 1\n[logging]\nlog_level = "info"', "http_port"],
])("%s is refused by its name", async (_what, content, option) => {
  await expect(agentFile(fileOf(content))).rejects.toMatchObject({ code: "option-invalid", context: { option } });
});

test("what is no TOML is refused with its place, and without what is written there", async () => {
  const failure = await agentFile(fileOf('region = "eu-west-1"\nssrf_headers = canary')).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    code: "option-invalid",
    context: { option: "config", problem: expect.stringContaining("line 2") },
  });
  expect(String(failure)).not.toContain("canary");
  await expect(agentFile("/nowhere/config.toml")).rejects.toMatchObject({ context: { option: "config" } });
});

test("the command line comes before the file, and the roles of both are granted", async () => {
  const another = "arn:aws:iam::987654321098:role/path/Other";
  const config = fileOf(
    `http_port = 2776\ncache_size = 10\n[[prefetch.secrets]]\nsecret_id = "a"\nrole_arn = "${role}"`,
  );
  const found = await agentConfiguration({ config, port: "2777", role: [another, role], prefetchTag: ["Team"] });
  expect(found).toMatchObject({
    server: { port: 2777 },
    client: { maxSecrets: 10 },
    roles: [another, role],
    ahead: { mostByTags: 8, tags: [{ named: "Team" }] },
  });
});

test.each([
  ["is no role's ARN", ["arn:aws:iam::987654321098:user/somebody"], ""],
  ["is one more than max_roles", [role, `${role}2`], "max_roles = 1"],
])("a role that %s is refused", async (_what, roles, content) => {
  await expect(agentConfiguration({ config: fileOf(content), role: roles })).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "role" },
  });
});
