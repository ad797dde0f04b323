import { createHash } from "node:crypto";
import { httpApiEngine } from "../../shared/engines/http-api/http-api-engine.ts";
import { ownLabel } from "../../shared/engines/http-api/label.ts";
import { readDescriptions } from "../../shared/engines/http-api/read-descriptions.ts";
import type { CredentialIssuer } from "../../shared/ports/credential-issuer.ts";
import type { Credential, DatabaseEngine, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { EngineFixture, EngineServer, Exemption } from "../../shared/testing/engine-contract/fixture.ts";
import { keyApiExemptions, keyApiServer } from "./key-api-fixture.ts";
import { exampleAt, startSaas, type SaasServer } from "./saas-server.ts";
import type { SaasShape } from "./saas-shapes.ts";

const secretName = "contract";

/** What the labels of an account's keys begin with, as if each account were the one of a secret. */
const labelOf = (account: string): string => ownLabel({ ...anywhere, secretName, secretArn: account });
const anywhere: DatabaseTarget = {
  engine: "http-api",
  host: "127.0.0.1",
  port: 0,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
};

/** A request while a key settles may fail unheard, where the contract asks for its code; the engine's own tests cut these, too. */
const descriptionAt = (name: SaasShape["name"], origin: string): string =>
  exampleAt(name, origin).replace(/"settles": \d+/u, '"settles": 0');

/** The engine of a function whose API stands at the secret's own port, with an account named after the secret's first key. */
function engineBehindProxy({ name }: SaasShape, accountOf: (id: string) => string): DatabaseEngine & CredentialIssuer {
  function engineFor({ port, tls }: DatabaseTarget, account: string): DatabaseEngine & CredentialIssuer {
    const origin = `${tls.mode === "disable" ? "http" : "https"}://127.0.0.1:${port}`;
    return httpApiEngine({
      apis: readDescriptions(descriptionAt(name, origin), () => true),
      grants: new Map([[secretName, { api: name, account }]]),
      isGranted: () => true,
      pause: async () => undefined,
    });
  }
  const named = (target: DatabaseTarget, { username }: Credential) => {
    const account = accountOf(username);
    return [engineFor(target, account), { ...target, secretName, secretArn: account }] as const;
  };
  return {
    ...engineFor(anywhere, ""),
    async login(target, credential, call) {
      const [engine, own] = named(target, credential);
      return engine.login(own, credential, call);
    },
    async issue(target, current, call) {
      const [engine, own] = named(target, current);
      return engine.issue(own, current, call);
    },
    async revokeOthers(target, keep, call) {
      const [engine, own] = named(target, keep);
      return engine.revokeOthers(own, keep, call);
    },
  };
}

/** Ids of Grafana's tokens are numbers. */
const numberOf = (name: string): string =>
  String(Number.parseInt(createHash("sha256").update(name).digest("hex").slice(0, 12), 16));

function serverOf(saas: SaasServer, { name }: SaasShape): EngineServer {
  const accountOf = (id: string): string => saas.keys.get(id)?.account ?? id;
  const give = (username: string, password: string): void => {
    const account = accountOf(username);
    saas.give({ id: username, key: password, label: `${labelOf(account)}first`, account });
  };
  return {
    ...keyApiServer(saas),
    port: saas.port,
    fields: { engine: "http-api", ssl: false },
    ...(name === "grafana" && { usernameOf: numberOf }),
    async createUser({ username, password }) {
      give(username, password);
      return {};
    },
    async changePassword({ username, password }) {
      give(username, password);
    },
    accepts: async ({ username, password }) => saas.keys.get(username)?.key === password,
    failedLogins: async () => saas.refusals,
    stop: saas.stop,
  };
}

const exemptions: readonly Exemption[] = [
  ...keyApiExemptions,
  { clause: "clear-password-asked", reason: "a key is shown as it is, to a verified certificate" },
  { clause: "tls-not-verified", reason: "a secret has no say in how the API is verified" },
  { clause: "changed-by-hand", reason: "without a working AWSCURRENT nobody may make another key" },
];

/** Which ids and keys can stand where this API has them. */
const ofTheForm: Readonly<Record<SaasShape["name"], Pick<EngineFixture, "exemptions" | "notInNames">>> = {
  sendgrid: { exemptions: [{ clause: "awkward-names", reason: "a key stands in a header, which takes ASCII alone" }] },
  entra: {},
  grafana: { exemptions: [{ clause: "awkward-names", reason: "ids are numbers, and a key stands in a header" }] },
  confluent: { notInNames: /:/gu },
};

/** APIs that answer like well-known ones, each by its description in examples/http-apis. */
export function saasFixture(shape: SaasShape): EngineFixture {
  const servers: SaasServer[] = [];
  const accountOf = (id: string): string =>
    servers.map(({ keys }) => keys.get(id)?.account).find((account) => account !== undefined) ?? id;
  const engine = engineBehindProxy(shape, accountOf);
  const { exemptions: own = [], ...form } = ofTheForm[shape.name];
  return {
    name: `HTTP API like ${shape.name}`,
    engine,
    strategies: { issued: issued(engine) },
    variants: [{ strategy: "issued", usesAdmin: false }],
    exemptions: [...exemptions, ...own],
    ...form,
    async start(certificate) {
      const saas = await startSaas(shape, certificate);
      servers.push(saas);
      return serverOf(saas, shape);
    },
  };
}
