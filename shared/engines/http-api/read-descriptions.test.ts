import { expect, test } from "vitest";
import { exampleAt } from "../../../tests/support/saas-server.ts";
import { saasShapes } from "../../../tests/support/saas-shapes.ts";
import { readDescriptions } from "./read-descriptions.ts";

const nothingGranted = (): boolean => false;

test.each([
  ["sendgrid", ["https://api.sendgrid.com"]],
  ["entra", ["https://graph.microsoft.com", "https://login.microsoftonline.com"]],
  ["grafana", ["https://example.grafana.net"]],
  ["confluent", ["https://api.confluent.cloud"]],
] as const)("the example of %s is taken as it stands, at its public origins", (name, origins) => {
  const api = readDescriptions(exampleAt(name), nothingGranted).get(name);
  expect([api?.origin, api?.oauth?.origin].filter((origin) => origin !== undefined)).toEqual(origins);
  expect(saasShapes.map((shape) => shape.name)).toContain(name);
});

test("nothing is described where the variable is unset", () => {
  expect(readDescriptions(undefined, nothingGranted).size).toBe(0);
});

/** SendGrid's description with one member changed; `undefined` takes it away. */
function changed(place: string, value: unknown): string {
  const whole = JSON.parse(exampleAt("sendgrid"));
  const names = ["sendgrid", ...place.split(".")];
  const last = names.pop() ?? "";
  names.reduce((inner, name) => (inner[name] ??= {}), whole)[last] = value;
  return JSON.stringify(whole);
}

test.each([
  ["origin", "http://api.sendgrid.com"],
  ["origin", "https://api.sendgrid.com/"],
  ["origin", "https://API.sendgrid.com"],
  ["origin", "file:///etc"],
  ["origin", undefined],
  ["list.path", "v3/api_keys"],
  ["list.path", "//evil.example.com/keys"],
  ["list.path", "/v3/../keys"],
  ["list.path", "/v3/%2e%2e/keys"],
  ["list.path", "/v3\\keys"],
  ["list.path", "/v3/keys#x"],
  ["list.path", "/v3/a b"],
  ["list.path", "/v3/{{account"],
  ["list.path", "/v3/{{id}}"],
  ["list.path", "/v3/{{password}}"],
  ["revoke.path", "/v3/api_keys/{{id|raw}}"],
  ["revoke.path", "/v3/api_keys"],
  ["revoke.method", "TRACE"],
  ["revoke.method", "DELETE /x HTTP/1.1"],
  ["create.json", { name: "rekey" }],
  ["create.json", { name: "{{label}}", note: ["{{password}}"] }],
  ["create.json", "{{label}}"],
  ["create.form", { name: "{{label}}" }],
  ["create.key", "api_key"],
  ["create.id", undefined],
  ["create.response", {}],
  ["verify", undefined],
  ["headers.Host", "internal.example.com"],
  ["headers.Content-Length", "0"],
  ["headers.Transfer-Encoding", "chunked"],
  ["headers.Proxy-Authorization", "x"],
  ["headers.Bad Name", "x"],
  ["headers.X-Y", "a\r\nb: c"],
  ["headers.X-Y", "ü"],
  ["headers.Authorization", "Bearer x"],
  ["basic", true],
  ["basic", "yes"],
  ["oauth", { origin: "https://a.example.com", path: "/token" }],
  ["settles", 31],
  ["settles", "30"],
  ["setles", 30],
])("a description whose %s is %j is option-invalid, and says where", (place, value) => {
  expect(() => readDescriptions(changed(place, value), nothingGranted)).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ option: expect.stringMatching(/^REKEY_HTTP_API/u) }),
    }),
  );
});

test.each(["{", "[]", '"x"', '{"Send Grid":{}}', '{"a":7}', '{"a":{}}'])("%s describes nothing", (text) => {
  expect(() => readDescriptions(text, nothingGranted)).toThrow(expect.objectContaining({ code: "option-invalid" }));
});

test("plain http is for an origin that is granted", () => {
  const origin = "http://10.0.0.5:8080";
  const text = exampleAt("grafana", origin);
  expect(readDescriptions(text, (one) => one === origin).get("grafana")?.origin).toBe(origin);
  expect(() => readDescriptions(text, nothingGranted)).toThrow(
    expect.objectContaining({ context: expect.objectContaining({ option: "REKEY_HTTP_API_ORIGINS" }) }),
  );
});

test("a token's endpoint in plain http is refused like the API's own", () => {
  const text = exampleAt("entra").replace("https://login.microsoftonline.com", "http://login.microsoftonline.com");
  expect(() => readDescriptions(text, nothingGranted)).toThrow(expect.objectContaining({ code: "option-invalid" }));
});
