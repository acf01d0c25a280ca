import type { Channel } from "@parley/client";
import { channelName, otherMember } from "../lib/names";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";

/** What stands above a channel's first message. */
export function Beginning({ channel, me }: { channel: Channel; me: string }) {
  const name = channelName(channel, me);
  const other = otherMember(channel, me);
  const direct = channel.channelType === "dm";
  return (
    <div className="beginning">
      {other ? (
        <Avatar id={other.userId} name={name} url={other.avatarUrl} size="xl" />
      ) : (
        <span className="beginning-mark">
          <Icon name={channel.is_private ? "lock" : "hash"} size={26} />
        </span>
      )}
      <h2>{name}</h2>
      <p className="muted">
        {direct ? `This is the beginning of your conversation with ${name}.` : channel.description || `This is the beginning of ${name}.`}
      </p>
    </div>
  );
}

/** What stands where messages will be. */
export function MessagesSkeleton() {
  return (
    <div className="messages-place messages-waiting">
      <p className="only-heard" role="status">Loading messages…</p>
      {[72, 40, 58, 83, 35, 64].map((width, index) => (
        <div key={index} className="message message-first" aria-hidden="true">
          <div className="message-side">
            <span className="skeleton skeleton-avatar" />
          </div>
          <div className="message-main">
            <span className="skeleton skeleton-line skeleton-name" />
            <span className="skeleton skeleton-line" style={{ width: `${width}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
