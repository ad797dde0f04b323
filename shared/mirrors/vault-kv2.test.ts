import { expect, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { parseMirrorTemplates } from "./layout/mirror-templates.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "./vault-kv2.ts";

test.each<[string, VaultKv2Options]>([
  ["mount", { mount: "se cret" }],
  ["mount", { mount: "/secret" }],
  ["pathPrefix", { pathPrefix: "a/" }],
])("a %s that Vault would read otherwise is option-invalid: %j", (option, options) => {
  expect(() => vaultKv2Mirror(async () => ({ status: 200, body: {} }), options)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
  );
});

test.each([
  ["template:spring", "secret-malformed"],
  ["template:summer", "option-invalid"],
])("with %s, which cannot be filled, it is %s and Vault is asked nothing", async (map, code) => {
  const asked: string[] = [];
  const send = async ({ path }: { readonly path: string }) => {
    asked.push(path);
    return { status: 404, body: { errors: [] } };
  };
  const mirror = vaultKv2Mirror(send, { templates: parseMirrorTemplates('{"spring":{"pass":"{{password}}"}}') });
  const entry = {
    secretArn: "arn",
    secretName: "name",
    versionId: "v1",
    createdAt: new Date(0),
    value: new SecretValue('{"username":"app"}'),
    tags: new Map([["rekey:vault-map", map]]),
  };
  await expect(mirror.write(entry, { signal: AbortSignal.timeout(1_000) })).rejects.toMatchObject({ code });
  expect(asked).toEqual([]);
});

/** The key's first write through a standby that forwards it and answers this many requests before it sees the key. */
async function throughLaggingStandby(answers: number): Promise<unknown> {
  let patches = 0;
  const send = async ({ verb }: { readonly verb: string }) => {
    if (verb === "write") return { status: 200, body: { data: { version: 1 } } };
    if (verb === "patch" && ++patches > answers) return { status: 200, body: {} };
    return { status: 404, body: { errors: [] } };
  };
  const entry = {
    secretArn: "arn",
    secretName: "name",
    versionId: "v1",
    createdAt: new Date(0),
    value: new SecretValue('{"password":"one"}'),
    tags: new Map(),
  };
  return vaultKv2Mirror(send).write(entry, { signal: AbortSignal.timeout(20_000) });
}

test("a standby that does not yet see the write that it forwarded is asked again", async () => {
  await expect(throughLaggingStandby(2)).resolves.toEqual({ revision: 1, written: true });
});

test("a standby that still does not see it is mirror-unavailable", async () => {
  const context = { operation: "write", path: "secret/metadata/name", status: 404 };
  const failure = { code: "mirror-unavailable", context };
  await expect(throughLaggingStandby(Infinity)).rejects.toMatchObject(failure);
});
