import type { Message } from "@parley/client";
import type { ReactNode } from "react";
import { clockTime, dayLabel, fullTime } from "../lib/time";
import { Markdown } from "../message/Markdown";
import { useAppDispatch } from "../store";
import { openMessage } from "../store/thunks";
import { Avatar } from "../ui/Avatar";
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
  const { senderId: sender, createdAt } = message;
  return (
    <li className="card" data-testid="card">
      <header className="card-head">
        <Avatar id={sender._id} name={sender.name} url={sender.avatarUrl} size="s" />
        <strong>
          <bdi>{sender.name}</bdi>
        </strong>
        <time dateTime={createdAt} title={fullTime(createdAt)}>
          {dayLabel(createdAt)}, {clockTime(createdAt)}
        </time>
      </header>
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
