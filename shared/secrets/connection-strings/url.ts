import { decode, encode } from "../percent-encoding.ts";
import { type Form, isPlain, roleOf, type Slot } from "./slot.ts";

const head = /^(?:(?:[a-z][a-z0-9+.-]*:)+\/\/|jdbc:)/i;
/** Their user alone says nothing of a database. */
const elsewhere = /^(?:https?|s?ftps?|ssh|scp|git|git\+\w+|smtps?|imaps?|ldaps?):/i;
const hostPair = /[(,]\s*([a-z]+)\s*=\s*([^,()]*)/gi;
const property = /[?&;:]([^=&;?#:/]+)=([^&;#]*)/g;

/** A `+` may stand for a space; what is no percent-encoded UTF-8 stands for itself. */
const readingsOf = (raw: string): readonly string[] => [
  decode(raw) ?? raw,
  decode(raw.replaceAll("+", " ")) ?? raw,
  raw,
];

function userInfo(text: string, start: number, end: number): readonly Slot[] {
  const length = text.slice(start, end).lastIndexOf("@");
  if (length === -1) return [];
  const colon = text.slice(start, start + length).indexOf(":");
  const slot = (holds: Slot["holds"], from: number, to: number): Slot => ({
    holds,
    start: start + from,
    end: start + to,
    readings: readingsOf(text.slice(start + from, start + to)),
    write: encode,
  });
  if (colon === -1) return [slot("user", 0, length)];
  return [slot("user", 0, colon), slot("password", colon + 1, length)];
}

function pairs(pattern: RegExp, text: string, start: number, isEncoded: (mark: string) => boolean): readonly Slot[] {
  return [...text.matchAll(pattern)].flatMap(({ index, 0: whole, 1: key = "", 2: value = "" }) => {
    const held = roleOf(decode(key) ?? key);
    const end = start + index + whole.length;
    // Where drivers differ in whether they decode, only what needs no encoding reads the same.
    const write = (next: string) => (isEncoded(whole[0] ?? "") ? encode(next) : isPlain(next) ? next : undefined);
    return held === undefined
      ? []
      : [{ holds: held.holds, start: end - value.length, end, readings: readingsOf(value), write }];
  });
}

/**
 * URLs with user info before the hosts, with `user` and `password` among the hosts of MySQL's JDBC URLs, and with both among
 * the parameters behind `?` or `;`: of drivers, of JDBC, of SQLAlchemy (`postgresql+psycopg://`) and of brokers.
 */
export const url: Form = (text, host) => {
  const [start] = head.exec(text) ?? [];
  if (start === undefined) return [];
  const isJdbc = /^jdbc/i.test(text);
  const rest = text.slice(start.length);
  const length = start.endsWith("//") ? rest.search(isJdbc ? /[/?#;]|$/ : /[/?#]|$/) : 0;
  const authority = rest.slice(0, length);
  const hostsAt = authority.lastIndexOf("@") + 1;
  const tailAt = start.length + length;
  const slots = [
    ...userInfo(text, start.length, tailAt),
    ...pairs(hostPair, authority.slice(hostsAt), start.length + hostsAt, () => true),
    ...pairs(property, text.slice(tailAt), tailAt, (mark) => /[?&]/.test(mark) || /^jdbc:redshift:/i.test(text)),
  ];
  const isAlone = !slots.some(({ holds }) => holds === "password");
  return isAlone && elsewhere.test(text) && !authority.toLowerCase().includes(host.toLowerCase()) ? [] : slots;
};
