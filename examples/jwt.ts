import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import fastify from "fastify";
import { jwtVerify, SignJWT } from "jose";
import { createSecretClient } from "rekey/client";
import { secretsManagerSource } from "rekey/client/secrets-manager";
import { signingKey, verificationKeys } from "rekey/client/signing-keys";

const secretId = process.env["SIGNING_SECRET"] ?? "prod/tokens";
const ttlMs = Number(process.env["SECRET_TTL_MS"] ?? 300_000);
const client = createSecretClient({ source: secretsManagerSource(new SecretsManagerClient()), ttlMs });
const app = fastify();

app.post("/token", async () => {
  const { kid, alg, key } = await signingKey(client, secretId);
  const token = new SignJWT({ sub: "ada" }).setProtectedHeader({ alg, kid }).setIssuedAt().setExpirationTime("1h");
  return token.sign(key);
});

app.get("/me", async (request, reply) => {
  const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
  const { keyFor } = await verificationKeys(client, secretId);
  const verified = await jwtVerify(token, keyFor).catch(() => undefined);
  return verified === undefined ? reply.code(401).send("refused") : verified.payload.sub;
});

console.log(await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) }));
