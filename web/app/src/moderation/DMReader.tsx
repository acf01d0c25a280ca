import type { Message, OpenedDM } from "@parley/client";
import { useLive } from "@parley/react";
import { useEffect } from "react";
import { clockTime } from "../lib/time";
import { Markdown } from "../message/Markdown";
import { MessageHead } from "../message/MessageHead";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";
import { between } from "./dmWords";

/** Direct messages of others, to be read and no more. */
export function DMReader({ opened, onDone }: { opened: OpenedDM; onDone: () => void }) {
  const { people, until } = opened.access;
  const { status, messages, hasMore, problem } = useLive(
    (changed) => opened.on("changed", changed),
    () => opened.state,
    [opened],
  );
  useEffect(() => void (opened.state.messages.length === 0 && opened.load()), [opened]);
  const busy = status === "loading";
  if (status === "over") {
    return (
      <div className="empty" data-testid="dm-over">
        <Icon name="lock" size={28} />
        <h3>Your time is over</h3>
        <p>To read on, ask again with a reason.</p>
        <Button onClick={onDone}>Ask again</Button>
      </div>
    );
  }
  return (
    <>
      <div className="warning" role="note">
        <Icon name="shield" size={20} />
        <p>
          Direct messages of <strong>{between(people)}</strong>, open to you until <time dateTime={until}>{clockTime(until)}</time>. What you read is logged.
        </p>
        <Button testId="dm-done" onClick={onDone}>
          Done
        </Button>
      </div>
      {hasMore && (
        <Button className="dm-page" disabled={busy} testId="dm-older" onClick={() => void opened.older()}>
          Show older
        </Button>
      )}
      <ol className="dm-messages" aria-label={`Direct messages of ${between(people)}`} aria-busy={busy}>
        {messages.map((message) => (
          <DMMessage key={message._id} message={message} />
        ))}
      </ol>
      {problem && <p className="form-problem" role="alert">{problem.message}</p>}
      {busy && messages.length === 0 && <p className="rows-note" role="status">Loading…</p>}
      {status === "ready" && messages.length === 0 && <p className="rows-note" role="status">Nothing was written there.</p>}
      <Button className="dm-page" disabled={busy} testId="dm-newer" onClick={() => void opened.newer()}>
        Look for newer
      </Button>
    </>
  );
}

function DMMessage({ message }: { message: Message }) {
  const { quote } = message;
  const notes = [message.parentMessageId && "in a thread", message.isEdited && "edited"].filter(Boolean).join(", ");
  return (
    <li className="dm-message" data-testid="dm-message">
      <MessageHead message={message} size="xs">
        {notes && <small className="muted">{notes}</small>}
      </MessageHead>
      {quote && (
        <blockquote className="reported">
          {quote.senderId.name}: {quote.message}
        </blockquote>
      )}
      <div className="message-text">
        {message.isDeleted ? (
          <p className="message-gone">This message was deleted.</p>
        ) : (
          <Markdown text={message.message} mentioned={message.mentioned} everyone={message.mentionsChannel} me="" />
        )}
      </div>
    </li>
  );
}
