import type { Channel, Timeline } from "@parley/client";
import { channelName } from "../lib/names";
import { useAppSelector } from "../store";
import { ChannelHeader } from "./ChannelHeader";
import { Composer } from "./Composer";
import { MessageList } from "./MessageList";

const NOTHING: Timeline = {
  status: "unopened",
  messages: [],
  pending: [],
  hasMore: false,
  loadingOlder: false,
  hasNewer: false,
  loadingNewer: false,
};

/** One channel: its head, its messages, and the field to write. */
export function ChannelPane({ channel, header = true }: { channel: Channel; header?: boolean }) {
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const timeline = useAppSelector((state) => state.communications.timelines[channel._id] ?? NOTHING);
  const name = channelName(channel, me);
  return (
    <section className="pane" aria-label={name}>
      {header && <ChannelHeader channel={channel} me={me} />}
      <MessageList channel={channel} timeline={timeline} />
      <Composer channelId={channel._id} to={channel.channelType === "dm" ? name : `#${name}`} closed={closedBecause(channel)} />
    </section>
  );
}

function closedBecause(channel: Channel): string | null {
  if (channel.isArchived) return "This channel is archived.";
  if (channel.isReadOnly) return "Only administrators write in this channel.";
  return null;
}
