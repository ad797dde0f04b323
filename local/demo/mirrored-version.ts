import type { World } from "./world.ts";

/** What Vault says it holds, asked of Vault itself. */
export async function mirroredVersion(
  { stack: { vault } }: World,
  name: string,
): Promise<{ readonly versionId: string | undefined; readonly revision: string | undefined }> {
  const headers = { "X-Vault-Token": vault.rootToken };
  const text = await (await fetch(`${vault.address}/v1/secret/data/${name}`, { headers })).text();
  return {
    versionId: /"rekey_version_id":"([^"]+)"/.exec(text)?.[1],
    revision: /"version":(\d+)/.exec(text)?.[1],
  };
}
