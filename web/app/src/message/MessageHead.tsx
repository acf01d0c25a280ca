import type { Message } from "@parley/client";
import type { ReactNode } from "react";
import { clockTime, dayLabel, fullTime } from "../lib/time";
import { Avatar } from "../ui/Avatar";

interface MessageHeadProps {
  message: Pick<Message, "senderId" | "createdAt">;
  size: "xs" | "s";
  children?: ReactNode;
}

/** Who wrote a message, and when: where it stands outside its conversation. */
export function MessageHead({ message: { senderId: sender, createdAt }, size, children }: MessageHeadProps) {
  return (
    <header className="card-head">
      <Avatar id={sender._id} name={sender.name} url={sender.avatarUrl} size={size} />
      <strong>
        <bdi>{sender.name}</bdi>
      </strong>
      <time dateTime={createdAt} title={fullTime(createdAt)}>
        {dayLabel(createdAt)}, {clockTime(createdAt)}
      </time>
      {children}
    </header>
  );
}
