import type { Channel, Timeline, User } from "@parley/client";
import { useTimeline } from "@parley/react";
import { useMemo } from "react";
import { Composer } from "../composer/Composer";
import { channelName } from "../lib/names";
import { ConversationProvider } from "../message/context";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { loadNewer, loadOlder, toNewest } from "../store/thunks";
import { TypingLine } from "../typing/TypingLine";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";
import { Announcer } from "./Announcer";
import { Beginning, MessagesSkeleton } from "./Beginning";
import { ChannelHeader } from "./ChannelHeader";
import { MessageList } from "./MessageList";
import { closedBecause, useConversationOf } from "./useConversationOf";

const NOTHING: Timeline["pending"] = [];

/** One channel: its head, its messages, and the field to write. */
export function ChannelPane({ channel, header = true }: { channel: Channel; header?: boolean }) {
  const me = useAppSelector((state) => state.session.ready?.user);
  return me ? <Pane channel={channel} me={me} header={header} /> : null;
}

function Pane({ channel, me, header }: { channel: Channel; me: User; header: boolean }) {
  const timeline = useTimeline(channel._id);
  const conversation = useConversationOf(channel, me, timeline.messages, false);
  const name = channelName(channel, me._id);
  return (
    <section className="pane" aria-label={name}>
      {header && <ChannelHeader channel={channel} me={me._id} />}
      <ConversationProvider value={conversation}>
        <Messages channel={channel} me={me} timeline={timeline} />
      </ConversationProvider>
      <Announcer messages={timeline.messages} me={me._id} />
      <Composer channel={channel} placeholder={`Message ${channel.channelType === "dm" ? name : `#${name}`}`} closed={closedBecause(conversation)} />
      <TypingLine channelId={channel._id} />
    </section>
  );
}

function Messages({ channel, me, timeline }: { channel: Channel; me: User; timeline: Timeline }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const newAfter = useAppSelector((state) => state.communications.newAfter[channel._id] ?? null);
  const { status, messages, pending, hasMore, loadingOlder, hasNewer, view } = timeline;
  const beginning = useMemo(() => <Beginning channel={channel} me={me._id} />, [channel._id, channel.name, channel.description, channel.participants, me._id]);
  if (status === "failed") {
    return (
      <div className="messages-place">
        <div className="empty" role="alert">
          <Icon name="alert" size={28} />
          <h3>The messages could not be loaded</h3>
          <Button icon="retry" onClick={() => void parley.chat.open(channel._id)}>
            Try again
          </Button>
        </div>
      </div>
    );
  }
  if (status !== "ready") return <MessagesSkeleton />;
  return (
    <MessageList
      key={view}
      messages={messages}
      pending={hasNewer ? NOTHING : pending}
      newAfter={newAfter}
      hasMore={hasMore}
      loadingOlder={loadingOlder}
      hasNewer={hasNewer}
      onOlder={() => dispatch(loadOlder(channel._id))}
      onNewer={() => dispatch(loadNewer(channel._id))}
      onNewest={() => dispatch(toNewest(channel._id))}
      beginning={beginning}
    />
  );
}
