import { memo } from "react";
import { linkify } from "../lib/links";

/** A message's text as it was written: line breaks stay, safe addresses become links, and nothing else means anything. */
export const RichText = memo(function RichText({ text }: { text: string }) {
  return linkify(text).map((piece, index) =>
    piece.href ? (
      <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    ) : (
      piece.text
    ),
  );
});
