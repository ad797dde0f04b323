import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { namedSecret } from "./reference.ts";
import { parseTemplate, renderTemplate } from "./template.ts";

const secrets = [namedSecret("app/db"), namedSecret("key=app/key.v2"), namedSecret("app/db.old")];

/** A template of this target with this value of `app/db`, and others of the other secrets. */
function rendered(target: string, source: string, members: Readonly<Record<string, unknown>> | string): string {
  const values = new Map([
    ["app/db", new SecretValue(typeof members === "string" ? members : JSON.stringify(members))],
    ["app/db.old", new SecretValue('{"password":"canary-old"}')],
    ["app/key.v2", new SecretValue("canary-key")],
  ]);
  return renderTemplate(parseTemplate(source, { name: "template", target, secrets }), values);
}

test.each<[string, string, string, string]>([
  ["a member", "f", "pw: {{ app/db.password }}.", "pw: it's."],
  ["a secret's whole text, by its alias", "f", "{{key}}", "canary-key"],
  ["a secret whose name begins with another's", "f", "{{ app/db.old.password }}", "canary-old"],
  ["a number of any size", "f.json", '{"n": {{ app/db.n }}}', '{"n": 12345678901234567890}'],
  ["a text in JSON", "f.json", '{"p": {{ app/db.password }}, "t": true}', '{"p": "it\'s", "t": true}'],
  ["within a string of JSON", "f.json", '{"p": "<{{ app/db.q }}>\\""}', '{"p": "<\\"\\\\>\\""}'],
  ["a list as text", "f.json", "[{{ app/db.list }}]", '["[1, 2]"]'],
  ["a URL in JSON", "f.json", '["u://{{ app/db.password | url }}"]', '["u://it%27s"]'],
  [
    "a variable",
    "f.env",
    "# it's\nexport A={{ app/db.password }}\n\nB={{app/db.plain}}\n",
    "# it's\nexport A=\"it's\"\n\nB=plain\n",
  ],
  ["a URL in a variable", "f.env", 'A="u://{{ app/db.q | url }}@h"', 'A="u://%22%5C@h"'],
  ["base64", "f", "{{ app/db.password | base64 }}", "aXQncw=="],
  ["a word of the shell", "f", "run --pw {{ app/db.password | shell }}", String.raw`run --pw 'it'\''s'`],
  ["JSON in another file", "f.yaml", "pw: {{ app/db.q | json }}", String.raw`pw: "\"\\"`],
  ["as it is", "f", "{{ app/db.lines | raw }}", "a\nb"],
])("%s is written", (_what, target, source, wanted) => {
  const text =
    '{"password":"it\'s","n":12345678901234567890,"q":"\\"\\\\","list":[1, 2],"plain":"plain","lines":"a\\nb"}';
  expect(rendered(target, source, text)).toBe(wanted);
});

test.each<[string, string, string]>([
  ["a secret that is not given", "f", "{{ app/other.password }}"],
  ["a member alone, of several secrets", "f", "{{ password }}"],
  ["a form that there is not", "f", "{{ app/db.password | yaml }}"],
  ["two forms", "f", "{{ app/db.password | json | shell }}"],
  ["text in JSON", "f.json", "[{{ app/db.password | text }}]"],
  ["text in a file of variables", "f.env", "A={{ app/db.password | text }}"],
  ["the shell's quotes in a file of variables", "f.env", "A={{ app/db.password | shell }}"],
  ["a place that is not closed", "f", "a\n{{ app/db.password }"],
  ["what makes no JSON", "f.json", '{"a": {{ app/db.password }}'],
  ["a variable's value within quotes", "f.env", "A='{{ app/db.password }}'"],
  ["a variable's value within text", "f.env", "A=x{{ app/db.password }}"],
  ["text behind a variable's value", "f.env", "A={{ app/db.password }}x"],
  ["a value as a variable's name", "f.env", "{{ app/db.password }}=x"],
  ["a value in a comment", "f.env", "# {{ app/db.password }}"],
  ["a program in a file of variables", "f.env", "cat <<EOF\nA={{ app/db.password }}\nEOF"],
  ["quotes that end on another line", "f.env", "A='\nB={{ app/db.password }}\nC='"],
  ["a word of the shell within quotes", "f", 'run "{{ app/db.password | shell }}"'],
  ["JSON within quotes of another file", "f.yaml", "a: '{{ app/db.password | json }}'"],
])("a template with %s is refused", (_what, target, source) => {
  expect(() => rendered(target, source, { password: "p" })).toThrow(
    expect.objectContaining({ code: "template-invalid" }),
  );
});

test.each<[string, string, string, Readonly<Record<string, unknown>>]>([
  ["a line break in a file of variables", "f.env", "A={{ app/db.p }}", { p: "x\nEVIL=1" }],
  ["a line break in a plain file", "f", "p={{ app/db.p }}", { p: "x\ny" }],
  ["a line separator in a plain file", "f", "p={{ app/db.p }}", { p: "x\u2028y" }],
  ["NUL", "f", "{{ app/db.p | raw }}", { p: "x\0y" }],
  ["null", "f", "{{ app/db.p }}", { p: null }],
  ["no such member", "f", "{{ app/db.p }}", {}],
  ["a member of Object", "f", "{{ app/db.toString }}", {}],
  ["only a member of a member", "f", "{{ app/db.p }}", { a: { p: "canary" } }],
])("a value with %s is refused, without a word of it", (_what, target, source, members) => {
  const refused = (): string => rendered(target, source, members);
  expect(refused).toThrow(expect.objectContaining({ code: "member-unusable" }));
  expect(refused).not.toThrow(/EVIL|canary|x\\ny/u);
});

const value = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));
const nasty = fc.oneof(value, fc.stringMatching(/^[ "'$`\\#;&|=\nA-C{}]{0,30}$/u));

test("whatever a value is, JSON has it in its member and nowhere else", () => {
  fc.assert(
    fc.property(nasty, nasty, (one, other) => {
      const source = '{"a": {{ app/db.one }}, "b": "<{{ app/db.other }}>", "c": "{{ app/db.one | base64 }}"}';
      const text = rendered("f.json", source, { one, other });
      expect(JSON.parse(text)).toEqual({ a: one, b: `<${other}>`, c: Buffer.from(one).toString("base64") });
    }),
  );
});

const oneLine = nasty.map((text) => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "").toWellFormed());

test("whatever a value of one line is, a shell that reads the variables has it in its own and no other", () => {
  fc.assert(
    fc.property(oneLine, (one) => {
      const text = rendered("f.env", "A={{ app/db.one }}\nB=u://{{ app/db.one | url }}@h\nexport C=c\n", { one });
      expect(text.split("\n")).toHaveLength(4);
      const run = `set -a; ${text}env -0`;
      const seen = execFileSync("/bin/sh", ["-c", run], {
        env: { PATH: `${process.env["PATH"]}:/usr/bin:/bin` },
      }).toString();
      const variables = Object.fromEntries(seen.split("\0").map((line) => line.split(/=(.*)/su, 2)));
      const { PATH: _path, PWD: _pwd, OLDPWD: _old, SHLVL: _level, _: _last, "": _none, ...own } = variables;
      expect(own).toEqual({ A: one, B: `u://${encodedOf(one)}@h`, C: "c" });
    }),
    { numRuns: 60 },
  );
});

const encodedOf = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/gu,
    (sign) => `%${sign.codePointAt(0)?.toString(16).toUpperCase()}`,
  );

test("a word of the shell is one word, whatever it is", () => {
  fc.assert(
    fc.property(nasty, (one) => {
      const text = rendered("f", "printf %s {{ app/db.one | shell }}", { one });
      expect(execFileSync("/bin/sh", ["-c", text]).toString()).toBe(one.toWellFormed());
    }),
    { numRuns: 40 },
  );
});
