export type Piece = { text: string; href?: string };

// Only these schemes become links: never javascript:, data: or anything else that a message could smuggle in.
const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?\]}]+$/u;

/** Cuts a text into plain pieces and links. The pieces' texts, joined, are the text. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimmed(match[0]);
    if (!isSafe(link)) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: link, href: link });
    end = match.index + link.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** Without the sentence's own punctuation; a closing bracket stays when the link opened one. */
function trimmed(link: string): string {
  let result = link.replace(TRAILING, "");
  while (result.endsWith(")") && count(result, ")") > count(result, "(")) {
    result = result.slice(0, -1).replace(TRAILING, "");
  }
  return result;
}

const count = (text: string, char: string) => text.split(char).length - 1;

function isSafe(link: string): boolean {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(link).protocol);
  } catch {
    return false;
  }
}
