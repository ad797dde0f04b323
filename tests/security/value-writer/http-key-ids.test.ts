import { expect, onTestFinished, test } from "vitest";
import { httpApiKeyEngine } from "../../../shared/engines/http-api-key/http-api-key-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { httpAnswer, startRogueHttp } from "../../support/rogue-http.ts";

const current = { username: "own", password: new SecretValue("canary-key-8c1d") };
const call = { signal: new AbortController().signal };

async function issueAgainst(listed: unknown, made: unknown = { id: "next", key: "k" }) {
  const api = await startRogueHttp((line) =>
    httpAnswer(200, JSON.stringify(line.startsWith("POST") ? made : { keys: listed })),
  );
  onTestFinished(api.stop);
  const target = {
    engine: "http-api-key",
    host: "127.0.0.1",
    port: api.port,
    dbname: "",
    tls: { mode: "disable" },
    options: new Map([["rekey:api-path", "/index/keys"]]),
  } as const;
  const outcome: unknown = await httpApiKeyEngine(() => true)
    .issue(target, current, call)
    .catch((error: unknown) => error);
  return { outcome, requests: api.requests };
}

test.each(["..", ".", "a\u0000b", "a\r\nb", "\ud800"])(
  "a host of the secret's choosing that lists the key id %j does not get DELETE sent to another path",
  async (id) => {
    const { outcome, requests } = await issueAgainst([{ id: "own" }, { id }]);
    expect(outcome).toMatchObject({ code: "server-misbehaved" });
    expect(requests).toEqual(["GET /index/keys HTTP/1.1"]);
  },
);

test("a new key whose id is a dot segment is not stored, for the next rotation to delete by", async () => {
  const { outcome } = await issueAgainst([{ id: "own" }], { id: "..", key: "k" });
  expect(outcome).toMatchObject({ code: "server-misbehaved" });
});
