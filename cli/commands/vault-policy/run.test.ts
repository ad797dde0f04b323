import { expect, test } from "vitest";
import { runRekey } from "../../../tests/support/run-rekey.ts";

const vaultPolicy = async (mount: string) => runRekey(["vault-policy", mount], { env: {} });

test("it prints the policy of the mirror, and refuses a mount that Vault would read otherwise", async () => {
  const { code, out } = await vaultPolicy("secret");
  expect([code, out.match(/path "[^"]+"/g)]).toEqual([
    0,
    ['path "secret/data/*"', 'path "secret/delete/*"', 'path "secret/metadata/*"', 'path "secret/undelete/*"'],
  ]);
  expect(await vaultPolicy('../x"')).toMatchObject({
    code: 1,
    err: expect.stringContaining("option-invalid"),
  });
});
