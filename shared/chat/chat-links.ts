import { RekeyError } from "../errors/rekey-error.ts";

export interface NoticeLink {
  readonly text: string;
  readonly href: string;
}

/** Links begin with what is configured; an event adds an ARN, percent-encoded, and a code that is one of rekey's. */
export interface ChatLinks {
  of(secretArn: string, section: string | undefined): readonly NoticeLink[];
}

function baseOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new RekeyError("option-invalid", { context: { option }, hint: "use an https address" });
  }
  return url.href.replace(/#.*$/, "");
}

/** Errors: `option-invalid`. */
export function chatLinks(bases: {
  readonly runbook?: string | undefined;
  readonly console?: string | undefined;
}): ChatLinks {
  const runbook = baseOf("REKEY_RUNBOOK_URL", bases.runbook);
  const page = baseOf("REKEY_CONSOLE_URL", bases.console)?.replace(/\/+$/, "");
  return {
    of: (secretArn, section) => [
      ...(runbook === undefined
        ? []
        : [{ text: "runbook", href: section === undefined ? runbook : `${runbook}#${section}` }]),
      ...(page === undefined ? [] : [{ text: "console", href: `${page}/secrets/${encodeURIComponent(secretArn)}` }]),
    ],
  };
}
