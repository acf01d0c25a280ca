import type { Message } from "@parley/client";
import type { ReactNode } from "react";
import { Markdown } from "../message/Markdown";
import { MessageHead } from "../message/MessageHead";
import { useAppDispatch } from "../store";
import { openMessage } from "../store/thunks";
import { Button } from "../ui/Button";

interface MessageCardProps {
  message: Message;
  me: string;
  /** Where it was written, when that is not clear. */
  where?: string;
  tools?: ReactNode;
}

/** A message in a list beside the conversation. */
export function MessageCard({ message, me, where, tools }: MessageCardProps) {
  const dispatch = useAppDispatch();
  return (
    <li className="card" data-testid="card">
      <MessageHead message={message} size="s" />
      {where && <small className="muted">{where}</small>}
      <div className="message-text card-text">
        {message.isDeleted ? (
          <p className="message-gone">This message was deleted.</p>
        ) : (
          <Markdown text={message.message || message.quote?.message || ""} mentioned={message.mentioned} everyone={message.mentionsChannel} me={me} />
        )}
      </div>
      <footer className="card-tools">
        <Button testId="card-jump" onClick={() => dispatch(openMessage(message.channelId, message._id))}>
          Go to message
        </Button>
        {tools}
      </footer>
    </li>
  );
}
