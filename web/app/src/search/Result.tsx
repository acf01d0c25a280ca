import type { SearchResult } from "@parley/client";
import { memo } from "react";
import { clockTime, dayLabel } from "../lib/time";
import { Avatar } from "../ui/Avatar";
import { plainPieces } from "./plainPieces";

interface ResultProps {
  result: SearchResult;
  where: string;
  onOpen: () => void;
}

/** A message that was found, with what was searched for marked in it. */
export const Result = memo(
  function Result({ result, where, onOpen }: ResultProps) {
    const { message, highlight } = result;
    const { senderId: sender, createdAt } = message;
    return (
      <button type="button" className="result" data-testid="result" onClick={onOpen}>
        <span className="result-head">
          <Avatar id={sender._id} name={sender.name} url={sender.avatarUrl} size="xs" />
          <strong>{sender.name}</strong>
          <small>
            {dayLabel(createdAt)}, {clockTime(createdAt)}
          </small>
        </span>
        <span className="result-text">
          {plainPieces(highlight).map((piece, index) => (piece.found ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>))}
        </span>
        <span className="result-where">
          in {where}
          {message.parentMessageId && ", in a thread"}
        </span>
      </button>
    );
  },
  (before, after) => before.result === after.result && before.where === after.where,
);
