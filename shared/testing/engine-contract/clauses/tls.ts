import { createAuthority } from "../certificates.ts";
import { findPasswords } from "../containers.ts";
import type { SecretFields, ServerCertificate } from "../fixture.ts";
import { type Stage, startStage } from "../stage.ts";
import type { Suite } from "../suite.ts";

const longMs = 120_000;

/** The server's certificate is checked before anything is sent, and nothing travels in clear. */
export function tls({ test, expect, variant, fixture }: Suite): void {
  const authority = createAuthority("the secret's own");
  const stranger = createAuthority("somebody else's");
  const ours = { ssl: true, sslrootcert: authority.certificate };

  async function onServer(
    certificate: ServerCertificate | undefined,
    work: (here: Stage) => Promise<void>,
    adminTrust: SecretFields = ours,
  ): Promise<void> {
    const server = await fixture.start(certificate);
    try {
      const here = await startStage(fixture, server, adminTrust);
      try {
        await work(here);
      } finally {
        await here.stop();
      }
    } finally {
      await server.stop();
    }
  }

  async function attempt(
    here: Stage,
    fields: SecretFields,
  ): Promise<{ codes: string[]; sent: boolean; accepts: boolean }> {
    const { id, account } = await here.newSecret(variant, { fields });
    here.proxy.takeBytes();
    const before = here.outcomes.length;
    await here.begin(id);
    await here.cancel(id);
    return {
      codes: here.outcomes.slice(before).flatMap(({ code }) => code ?? []),
      sent: here.proxy.takeBytes().includes(account.username),
      accepts: await here.server.accepts(account),
    };
  }
  const refused = { codes: ["tls-refused"], sent: false, accepts: true };

  test(
    "tls",
    "a certificate of the secret's own authority is taken; nothing that the rotation sends or generates is on the wire in clear",
    async () =>
      onServer(authority.issue({ addresses: ["127.0.0.1"] }), async (here) => {
        const { id, account } = await here.newSecret(variant, { fields: ours });
        for (let rotation = 0; rotation < 2; rotation++) {
          const versionId = await here.rotate(id);
          expect({ labels: (await here.labels(id))[versionId], logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
            labels: ["AWSCURRENT"],
            logsIn: true,
          });
        }
        const bytes = here.proxy.takeBytes().toString("latin1");
        const { generated, printed } = here.containers;
        expect({
          passed: bytes.length > 0,
          clear: findPasswords(bytes, [account.password, account.username.padEnd(12), ...generated]),
          weaker: printed.filter((line) => line.includes("not fully verified")),
        }).toEqual({ passed: true, clear: [], weaker: [] });
      }),
    longMs,
  );

  test(
    "tls",
    "another authority's certificate is refused, and nothing is sent",
    async () =>
      onServer(authority.issue({ addresses: ["127.0.0.1"] }), async (here) => {
        expect(await attempt(here, { ssl: true, sslrootcert: stranger.certificate })).toEqual(refused);
      }),
    longMs,
  );

  test(
    "tls",
    "a certificate for another name is refused, and nothing is sent",
    async () =>
      onServer(authority.issue({ names: ["db.example.com"] }), async (here) => {
        expect(await attempt(here, ours)).toEqual(refused);
      }),
    longMs,
  );

  test(
    "tls",
    "an expired certificate is refused, and nothing is sent",
    async () =>
      onServer(authority.issue({ addresses: ["127.0.0.1"], endsAt: new Date(Date.now() - 60_000) }), async (here) => {
        expect(await attempt(here, ours)).toEqual(refused);
      }),
    longMs,
  );

  test(
    "tls-absent",
    "a server without TLS is refused, also when the secret says nothing of TLS, and nothing is sent",
    async () =>
      onServer(undefined, async (here) => {
        expect(await attempt(here, ours)).toEqual(refused);
        expect(await attempt(here, { ssl: undefined })).toEqual(refused);
      }),
    longMs,
  );

  test(
    "tls-not-verified",
    "a weaker mode is taken only when it is spelled out, and is reported",
    async () =>
      onServer(
        authority.issue({ names: ["db.example.com"] }),
        async (here) => {
          const { id } = await here.newSecret(variant, { fields: { ssl: "require" } });
          await here.rotate(id);
          expect({
            logsIn: await here.logsIn(id, "AWSCURRENT"),
            reported: here.containers.printed.some(
              (line) => line.includes("not fully verified") && line.includes("require"),
            ),
          }).toEqual({ logsIn: true, reported: true });
        },
        { ssl: "require" },
      ),
    longMs,
  );
}
