import type { Channel } from "@parley/client";
import type { ReactNode } from "react";
import { channelName, otherMember } from "../lib/names";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";

/** A channel among others to pick from: its mark and its name. */
export function ChannelLabel({ channel, me, children }: { channel: Channel; me: string; children?: ReactNode }) {
  const name = channelName(channel, me);
  const other = otherMember(channel, me);
  return (
    <span className="person">
      {other ? <Avatar id={other.userId} name={name} url={other.avatarUrl} size="xs" /> : <Icon name={channel.is_private ? "lock" : "hash"} size={16} />}
      <span className="person-name">{name}</span>
      {children}
    </span>
  );
}
