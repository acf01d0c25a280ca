import { memo, useMemo } from "react";
import { channelName } from "../lib/names";
import { type Block, blocksOf, entriesOf } from "../lib/groups";
import { dayLabel } from "../lib/time";
import type { Channel, Timeline } from "@parley/client";
import { useAppDispatch, useAppSelector } from "../store";
import { loadOlder } from "../store/thunks";
import { useServices } from "../services";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";
import { MessageGroup } from "./MessageGroup";
import { useScroll } from "./useScroll";

/** The conversation, newest at the bottom. */
export function MessageList({ channel, timeline }: { channel: Channel; timeline: Timeline }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const user = useAppSelector((state) => state.session.ready?.user);
  const newAfter = useAppSelector((state) => state.communications.newAfter[channel._id] ?? null);
  const { messages, pending, status, hasMore, loadingOlder } = timeline;
  const blocks = useMemo(
    () => (user ? blocksOf(entriesOf(messages, pending, user), newAfter, user._id) : []),
    [messages, pending, user, newAfter],
  );
  const scroll = useScroll({
    channelId: channel._id,
    firstSeq: messages[0]?.seq ?? null,
    count: messages.length + pending.length,
    mine: pending.length,
    onTop: () => hasMore && !loadingOlder && status === "ready" && dispatch(loadOlder(channel._id)),
  });

  return (
    <div className="messages-place">
      <div className="messages" ref={scroll.element} onScroll={scroll.onScroll} tabIndex={0} role="log" aria-live="polite" aria-label="Messages">
        <div className="messages-inner">
          {status === "failed" ? (
            <div className="empty" role="alert">
              <Icon name="alert" size={28} />
              <h3>The messages could not be loaded</h3>
              <Button icon="retry" onClick={() => void parley.chat.open(channel._id)}>
                Try again
              </Button>
            </div>
          ) : status !== "ready" ? (
            <Skeleton />
          ) : (
            <>
              {loadingOlder && <p className="muted loading-older">Loading older messages…</p>}
              {!hasMore && <Beginning channel={channel} empty={messages.length + pending.length === 0} />}
              {blocks.map((block) => (
                <OneBlock key={block.key} block={block} />
              ))}
            </>
          )}
        </div>
      </div>
      {scroll.away && (
        <button type="button" className="to-newest" onClick={scroll.toBottom}>
          <Icon name="down" size={16} /> {scroll.news ? "New messages" : "Newest"}
        </button>
      )}
    </div>
  );
}

const OneBlock = memo(function OneBlock({ block }: { block: Block }) {
  if (block.kind === "day") {
    return (
      <div className="divider" role="separator">
        <span>{dayLabel(block.at)}</span>
      </div>
    );
  }
  if (block.kind === "new") {
    return (
      <div className="divider divider-new" role="separator">
        <span>New</span>
      </div>
    );
  }
  return <MessageGroup entries={block.entries} />;
});

function Beginning({ channel, empty }: { channel: Channel; empty: boolean }) {
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const name = channelName(channel, me);
  const direct = channel.channelType === "dm";
  const other = channel.participants.find((member) => member.userId !== me);
  return (
    <div className="beginning">
      {direct && other ? (
        <Avatar id={other.userId} name={name} url={other.avatarUrl} size="xl" />
      ) : (
        <span className="beginning-mark">
          <Icon name="hash" size={26} />
        </span>
      )}
      <h3>{name}</h3>
      <p className="muted">
        {direct
          ? `This is the beginning of your conversation with ${name}.`
          : channel.description || `This is the beginning of ${name}.`}
        {empty && " Write the first message."}
      </p>
    </div>
  );
}

function Skeleton() {
  return (
    <div aria-busy="true" aria-label="Loading messages" className="messages-skeleton">
      {[72, 40, 58, 83, 35, 64].map((width, index) => (
        <div key={index} className="group">
          <span className="skeleton skeleton-avatar" />
          <div className="group-body">
            <span className="skeleton skeleton-line skeleton-name" />
            <span className="skeleton skeleton-line" style={{ width: `${width}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
