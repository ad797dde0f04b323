import { createAuthority } from "../certificates.ts";
import type { Suite } from "../suite.ts";

/** Of a server that is not started for the contract, and so has a certificate that the contract cannot choose. */
export function ownCertificate({ test, expect, stage, variant, fixture }: Suite): void {
  const { verifiedFields } = fixture;
  if (verifiedFields === undefined) return;

  test("own-certificate", "the certificate that the server has is verified in full", async () => {
    const here = stage();
    const { host, port } = here.server;
    const { id } = await here.newSecret(variant, { fields: { ...verifiedFields, host, port } });
    const versionId = await here.rotate(id);
    expect({ labels: (await here.labels(id))[versionId], logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
      labels: ["AWSCURRENT"],
      logsIn: true,
    });
  });

  test(
    "own-certificate",
    "where the secret names another authority, the server's certificate is refused, and nothing is sent",
    async () => {
      const here = stage();
      const { certificate } = createAuthority("somebody else's");
      const fields = { ssl: "verify-ca", sslrootcert: certificate };
      const { id, account } = await here.newSecret(variant, { fields });
      here.proxy.takeBytes();
      const before = here.outcomes.length;
      await here.begin(id);
      await here.cancel(id);
      expect({
        codes: here.outcomes.slice(before).flatMap(({ code }) => code ?? []),
        sent: here.proxy.takeBytes().includes(account.username),
        accepts: await here.server.accepts(account),
      }).toEqual({ codes: ["tls-refused"], sent: false, accepts: true });
    },
  );
}
