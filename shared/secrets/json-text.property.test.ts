import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withCredential } from "./database-secret.ts";
import { jsonValues } from "./json-text.ts";
import { SecretValue } from "./secret-value.ts";

const next = { username: "app", password: new SecretValue("Next-Password_0123456789~") };
const blank = fc.constantFrom("", " ", "\n", "\t", "\r\n  ");

/** A string as any writer of JSON may have spelled it. */
const anyString = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\\/",
        "/",
        "\\u00e9",
        "\\u00E9",
        "é",
        '\\"',
        "\\\\",
        "\\n",
        "\\ud83d\\ude00",
        "{",
        "}",
        "[",
        ",",
        ":",
      ),
      fc.stringMatching(/^[a-z0-9 ]{1,4}$/),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `"${parts.join("")}"`);
const anyNumber = fc.constantFrom(
  "0",
  "-0",
  "1e3",
  "1E+3",
  "1.0",
  "12345678901234567890",
  "0.1000000000000000000001",
  "-9.5e-7",
);

/** Any value, in any spelling. */
const { anyValue } = fc.letrec<{ anyValue: string }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 3 },
    anyString,
    anyNumber,
    fc.constantFrom("true", "false", "null"),
    fc
      .tuple(blank, fc.array(tie("anyValue"), { maxLength: 3 }), blank)
      .map(([a, items, b]) => `[${a}${items.join(`${b},`)}${b}]`),
    fc
      .tuple(blank, fc.array(fc.tuple(anyString, blank, tie("anyValue")), { maxLength: 3 }), blank)
      .map(
        ([a, members, b]) =>
          `{${a}${members.map(([name, gap, value]) => `${name}${gap}:${gap}${value}`).join(`,${b}`)}${b}}`,
      ),
  ),
}));

const fixed = ['"engine":"postgres"', '"host" : "db.example"', '"username":"\\u0061pp"'];

/** A secret's text, with a place for its password. */
const anySecret = fc
  .record({
    more: fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.constantFrom("", "\\u0041"), anyValue), {
      maxLength: 5,
    }),
    order: fc.array(fc.nat({ max: 99 }), { minLength: 9, maxLength: 9 }),
    gaps: fc.tuple(blank, blank, blank, blank),
  })
  .map(({ more, order, gaps: [before, inside, between, after] }) => {
    const own = [...fixed, (password: string) => `"password"${inside}:${between}${JSON.stringify(password)}`];
    const members = [...own, ...more.map(([name, letter, value]) => `"x${name}${letter}"${between}:${inside}${value}`)];
    const ordered = members
      .map((member, index) => ({ member, at: order[index] ?? 0 }))
      .sort((one, other) => one.at - other.at);
    return (password: string): string => {
      const written = ordered.map(({ member }) => (typeof member === "string" ? member : member(password)));
      return `${before}{${inside}${written.join(`${between},${inside}`)}${after}}${before}`;
    };
  });

test("every byte of any secret stays, but those of its password", () => {
  fc.assert(
    fc.property(anySecret, (textFor) => {
      const before = textFor("canary-0123456789");
      JSON.parse(before);
      expect(withCredential(new SecretValue(before), next).reveal()).toBe(textFor(next.password.reveal()));
    }),
    { numRuns: 1_000 },
  );
});

test("what is added stands behind the last member, and every other byte stays", () => {
  fc.assert(
    fc.property(anySecret, (textFor) => {
      const pair = ["app", "app_clone"] as const;
      const after = withCredential(new SecretValue(textFor("canary-0123456789")), next, {
        alternateusers: pair,
      }).reveal();
      expect(JSON.parse(after)).toHaveProperty("alternateusers", pair);
      expect(after.replace(',"alternateusers":["app","app_clone"]', "")).toBe(textFor(next.password.reveal()));
      // A second rotation finds the pair and leaves it.
      expect(withCredential(new SecretValue(after), next, { alternateusers: pair }).reveal()).toBe(after);
    }),
  );
});

test("the places of all values are those that JSON.parse reads", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const source = `{"a":${value}}`;
      const [last] = jsonValues(source).slice(-1);
      expect(source.slice(last?.start, last?.end)).toBe(value);
      for (const { start, end, text } of jsonValues(source)) {
        const parsed: unknown = JSON.parse(source.slice(start, end));
        expect(typeof parsed === "string" ? parsed : undefined).toBe(text);
      }
    }),
  );
});

test("a rendered member alone is written again, and what is next to it keeps its bytes", () => {
  const text = (url: string, password: string) =>
    `{"engine":"postgres","host":"db","username":"app","password":"${password}",\n  "big": 12345678901234567890, "pool": {"n": 1e3, "url": "${url}", "e": "\\u00e9\\/"}, "big": 1.0}`;
  const before = text("postgres:\\/\\/app:canary-0123456789@db\\/shop", "canary-0123456789");
  const password = next.password.reveal();
  expect(withCredential(new SecretValue(before), next).reveal()).toBe(
    text(`postgres://app:${password}@db/shop`, password),
  );
});

describe("a member that occurs twice", () => {
  const secret = (more: string): SecretValue =>
    new SecretValue(`{"engine":"postgres","host":"db","username":"app","password":"canary-0123456789"${more}}`);

  test.each([
    ["password", ',"password":"canary-0123456789"'],
    ["username", ',"\\u0075sername":"app"'],
    ["host", ',"host":"db"'],
    ["templates", ',"templates":{},"templates":{}'],
    ["url", ',"templates":{"url":"{{password}}"},"url":"1","url":"2"'],
  ])("is refused where rekey reads or writes it: %s", (field, more) => {
    expect(() => withCredential(secret(more), next)).toThrow(
      expect.objectContaining({
        code: "secret-malformed",
        context: { field, problem: "occurs twice; keep one of them" },
      }),
    );
  });

  test("is kept where it is nobody's, and each is rendered where it holds the credential", () => {
    const url = "postgres://app:canary-0123456789@db/shop";
    const text = withCredential(secret(`,"note":"a","note":"b","url":"${url}","url":"${url}"`), next).reveal();
    expect(text).toContain(',"note":"a","note":"b"');
    expect(text.split("postgres://app:Next-Password_0123456789~@db/shop")).toHaveLength(3);
  });
});
