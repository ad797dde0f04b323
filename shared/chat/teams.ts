import type { Notice } from "./notice.ts";
import { fitting, headline } from "./summary.ts";

/** Teams takes 28 KB. */
const mostBytes = 26_000;

/** A run is text as it is: only a TextBlock reads Markdown. */
const run = (text: string, look: object = {}): object => ({ type: "TextRun", text, ...look });

const lineOf = ({ severity, subject, text, links }: Notice): object => ({
  type: "RichTextBlock",
  inlines: [
    run(severity, { weight: "Bolder" }),
    run(" "),
    run(subject, { fontType: "Monospace" }),
    run(`: ${text}`),
    ...links.flatMap(({ text: label, href }) => [
      run(" · "),
      run(label, { selectAction: { type: "Action.OpenUrl", url: href } }),
    ]),
  ],
});

/** The body for the webhook of a workflow: a message with one adaptive card. */
export const teamsMessage = (notices: readonly Notice[]): object =>
  fitting(notices, mostBytes, (shown, others) => ({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          body: [
            { type: "TextBlock", text: headline(notices), weight: "Bolder", wrap: true },
            ...shown.map(lineOf),
            ...(others === 0 ? [] : [{ type: "RichTextBlock", inlines: [run(`and ${others} more`)] }]),
          ],
        },
      },
    ],
  }));
