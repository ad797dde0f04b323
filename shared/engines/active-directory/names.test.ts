import { expect, test } from "vitest";
import { alternateName, isOfDomain, nameNextTo, parseName } from "./names.ts";

test.each([
  ["orders@corp.example.com", { form: "principal name", account: "orders", suffix: "corp.example.com" }],
  [String.raw`CORP\orders`, { form: "domain and account", domain: "CORP", account: "orders" }],
  ["CN=orders,DC=corp", { form: "distinguished name", dn: "CN=orders,DC=corp" }],
  ["2.5.4.3=orders@corp,DC=corp", { form: "distinguished name", dn: "2.5.4.3=orders@corp,DC=corp" }],
  [String.raw`CORP\a@b`, { form: "domain and account", domain: "CORP", account: "a@b" }],
])("%s is one form of a name", (username, name) => expect(parseName(username)).toEqual(name));

test.each([
  "",
  "orders",
  "EXTERNAL",
  "PLAIN",
  "@corp",
  "orders@",
  "\\orders",
  "CORP\\",
  "A\\B\\c",
  "a\0@b",
  "*",
  "\ud800@b",
])("%j, which may be several users' name or nobody's, is refused", (username) =>
  expect(() => parseName(username)).toThrow(expect.objectContaining({ code: "secret-malformed" })),
);

test("the suffix of an alternate's name is a part of the account's", () => {
  expect(
    ["orders@corp.example.com", String.raw`CORP\orders`].map((username) => alternateName(username, "_clone")),
  ).toEqual(["orders_clone@corp.example.com", String.raw`CORP\orders_clone`]);
});

test("a new entry stands next to the first one, whatever is in either name", () => {
  expect(nameNextTo(String.raw`CN=Orders\, the service,OU=a\\,DC=corp`, "a,b #")).toBe(
    String.raw`CN=a\,b \#,OU=a\\,DC=corp`,
  );
  expect(nameNextTo("DC", "orders")).toBeUndefined();
});

test("a domain below or next to a domain is another one", () => {
  const domain = "DC=corp,DC=com";
  const names = [
    "CN=a,OU=b,dc=corp,DC=com",
    "CN=a,DC=sub,DC=corp,DC=com",
    "CN=a,DC=notcorp,DC=com",
    "CN=a,DC=com",
    domain,
  ];
  expect(names.map((dn) => isOfDomain(dn, domain))).toEqual([true, false, false, false, false]);
});
