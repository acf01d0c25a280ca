import type { Sender } from "@parley/client";

/** Words that call everybody in a channel, as the server reads them. */
const EVERYONE = /(^|[^\p{L}\p{N}_@./])@(channel|here|everyone)(?![\p{L}\p{N}_@])/iu;

export const callsEveryone = (text: string): boolean => EVERYONE.test(text);

export type Piece = { text: string; mention?: { id: string | null } };

/**
 * Cuts words into plain pieces and the names of those whom they mention. The pieces' texts, joined, are the words. Letters
 * with accents are one character each in them, since keyboards and directories differ in that.
 */
export function mentionPieces(words: string, mentioned: readonly Sender[], everyone: boolean): Piece[] {
  if (!words.includes("@") || (mentioned.length === 0 && !everyone)) return [{ text: words }];
  const text = words.normalize();
  const names = mentioned.map((each) => ({ ...each, name: each.name.normalize() })).sort((a, b) => b.name.length - a.name.length);
  const pieces: Piece[] = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const found = text[at] === "@" ? mentionAt(text, at, names, everyone) : null;
    if (!found) {
      plain += text[at++];
      continue;
    }
    if (plain) pieces.push({ text: plain });
    plain = "";
    pieces.push({ text: text.slice(at, at + found.length), mention: { id: found.id } });
    at += found.length;
  }
  if (plain) pieces.push({ text: plain });
  return pieces;
}

function mentionAt(text: string, at: number, names: readonly Sender[], everyone: boolean): { id: string | null; length: number } | null {
  const rest = text.slice(at + 1).toLowerCase();
  const person = names.find(({ name }) => name && rest.startsWith(name.toLowerCase()));
  if (person) return { id: person._id, length: person.name.length + 1 };
  const word = everyone ? /^(channel|here|everyone)(?![\p{L}\p{N}_@])/u.exec(rest)?.[1] : undefined;
  return word ? { id: null, length: word.length + 1 } : null;
}

/** Those among known people whose names stand in the text; of names that begin alike, the longest. */
export function namedIn(text: string, people: Iterable<Sender>): Sender[] {
  const all = [...people];
  const ids = new Set(mentionPieces(text, all, false).flatMap(({ mention }) => mention?.id ?? []));
  return all.filter(({ _id }, index) => ids.has(_id) && all.findIndex((other) => other._id === _id) === index).slice(0, 20);
}

/** The name that is being written at the cursor: where its @ stands, and what follows it. */
export function mentionQuery(text: string, cursor: number): { from: number; query: string } | null {
  const before = text.slice(0, cursor);
  const match = /(?:^|[\s([{>"'])@([\p{L}\p{M}\p{N}_.'-]*(?: [\p{L}\p{M}\p{N}_.'-]*)?)$/u.exec(before);
  if (!match) return null;
  return { from: cursor - match[1]!.length - 1, query: match[1]! };
}
