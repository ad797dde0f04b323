import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import cookie, { Signer } from "@fastify/cookie";
import fastify from "fastify";
import { createSecretClient } from "rekey/client";
import { secretsManagerSource } from "rekey/client/secrets-manager";
import { signingKey, verificationKeys } from "rekey/client/signing-keys";

const secretId = process.env["SIGNING_SECRET"] ?? "prod/sessions";
const ttlMs = Number(process.env["SECRET_TTL_MS"] ?? 300_000);
const client = createSecretClient({ source: secretsManagerSource(new SecretsManagerClient()), ttlMs });

/** Signs by its first key and takes cookies of each. The secret has the tag rekey:signing-algorithm=HS256. */
async function currentSigner(): Promise<Signer> {
  const { kid, key } = await signingKey(client, secretId);
  const { keys } = await verificationKeys(client, secretId);
  const others = keys.filter((other) => other.kid !== kid).map((other) => other.key.export());
  return new Signer([key.export(), ...others]);
}

let signer = await currentSigner();
const app = fastify();
app.addHook("onRequest", async () => {
  signer = await currentSigner();
});
app.register(cookie, { secret: { sign: (value) => signer.sign(value), unsign: (value) => signer.unsign(value) } });

app.post("/login", async (_request, reply) =>
  reply.setCookie("session", "ada", { signed: true, httpOnly: true, maxAge: 3_600 }).send("welcome"),
);

app.get("/me", async ({ cookies, unsignCookie }, reply) => {
  const { valid, value } = unsignCookie(cookies["session"] ?? "");
  return valid ? value : reply.code(401).send("refused");
});

console.log(await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) }));
