/** A text with what is selected in it. */
export interface Selection {
  text: string;
  from: number;
  to: number;
}

export type Format = "bold" | "italic" | "strike" | "code" | "codeBlock" | "quote" | "list" | "ordered" | "link";

const WRAPS = { bold: "**", italic: "_", strike: "~~", code: "`" } as const;

/** The selection with a format put around it, or taken off when it is there. */
export function format(selection: Selection, how: Format): Selection {
  if (how === "link") return link(selection);
  if (how === "codeBlock") return around(selection, "```\n", "\n```");
  if (how === "quote") return eachLine(selection, () => "> ");
  if (how === "list") return eachLine(selection, () => "- ");
  if (how === "ordered") return eachLine(selection, (index) => `${index + 1}. `);
  return around(selection, WRAPS[how], WRAPS[how]);
}

function around({ text, from, to }: Selection, before: string, after: string): Selection {
  const there = text.slice(from - before.length, from) === before && text.slice(to, to + after.length) === after;
  if (there) {
    const bare = text.slice(0, from - before.length) + text.slice(from, to) + text.slice(to + after.length);
    return { text: bare, from: from - before.length, to: to - before.length };
  }
  const wrapped = text.slice(0, from) + before + text.slice(from, to) + after + text.slice(to);
  return { text: wrapped, from: from + before.length, to: to + before.length };
}

function eachLine({ text, from, to }: Selection, mark: (index: number) => string): Selection {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const lines = text.slice(start, to).split("\n");
  const marked = lines.every((line, index) => line.startsWith(mark(index)));
  const changed = lines.map((line, index) => (marked ? line.slice(mark(index).length) : mark(index) + line)).join("\n");
  const first = mark(0).length * (marked ? -1 : 1);
  return { text: text.slice(0, start) + changed + text.slice(to), from: Math.max(start, from + first), to: start + changed.length };
}

function link({ text, from, to }: Selection): Selection {
  const words = text.slice(from, to);
  if (/^https?:\/\/\S+$/.test(words)) {
    const changed = `${text.slice(0, from)}[](${words})${text.slice(to)}`;
    return { text: changed, from: from + 1, to: from + 1 };
  }
  const changed = `${text.slice(0, from)}[${words || "text"}](https://)${text.slice(to)}`;
  const at = from + (words || "text").length + 3;
  return { text: changed, from: at, to: at + "https://".length };
}

/** What Enter with Shift adds after a line of a list or a quote: its mark again, or nothing when it was empty. */
export function continued(text: string, cursor: number): Selection | null {
  const start = text.lastIndexOf("\n", cursor - 1) + 1;
  const match = /^(\s*)(?:([-*>])|(\d{1,3})\.) (.*)$/.exec(text.slice(start, cursor));
  if (!match) return null;
  const [, indent, mark, number, words] = match;
  if (!words) return { text: text.slice(0, start) + text.slice(cursor), from: start, to: start };
  const next = `\n${indent}${mark ?? `${Number(number) + 1}.`} `;
  const at = cursor + next.length;
  return { text: text.slice(0, cursor) + next + text.slice(cursor), from: at, to: at };
}
