import { type Piece, piecesOf } from "@parley/client";
import { FOUND, FOUND_END, withoutSigns } from "../lib/markdown";

/** The pieces of a highlight, without signs of formatting. */
export function plainPieces(highlight: string): Piece[] {
  const marked = piecesOf(highlight.replace(/[\uE000\uE001]/g, "")).map(({ text, found }) => (found ? FOUND + text + FOUND_END : text));
  return withoutSigns(marked.join(""))
    .split(/\uE000([^\uE001]*)\uE001/)
    .map((text, index) => ({ text, found: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
