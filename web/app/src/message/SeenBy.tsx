import { listed } from "../lib/names";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import { useConversation } from "./context";

const FACES = 4;

/** Who has read one's last message: a tick between two people, faces in a group. */
export function SeenBy({ seq }: { seq: number }) {
  const { readers, me, channel, inThread } = useConversation();
  const seen = readers.filter((reader) => reader.userId !== me._id && reader.readSeq >= seq);
  if (inThread || readers.length === 0) return null;
  const names = `Seen by ${listed(seen.map(({ name }) => name))}`;
  if (channel.channelType === "dm") {
    return (
      <span className="seen" data-testid="seen" title={seen.length > 0 ? names : "Delivered"}>
        <Icon name={seen.length > 0 ? "checks" : "check"} size={14} /> {seen.length > 0 ? "Seen" : "Delivered"}
      </span>
    );
  }
  if (seen.length === 0) return null;
  return (
    <span className="seen" data-testid="seen" title={names} role="img" aria-label={names}>
      {seen.slice(0, FACES).map(({ userId, name, avatarUrl }) => (
        <Avatar key={userId} id={userId} name={name} url={avatarUrl} size="xs" />
      ))}
      {seen.length > FACES && <span>+{seen.length - FACES}</span>}
    </span>
  );
}
