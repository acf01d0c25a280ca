import { useFollowed, useParley } from "@parley/react";
import { useMemo } from "react";
import { walkAmong } from "../lib/arrows";
import { channelName } from "../lib/names";
import { Panel } from "../panel/Panel";
import { useAppSelector } from "../store";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";
import { ThreadCard } from "./ThreadCard";

/** The threads that one follows, from all channels. The arrows walk through them, Enter opens one. */
export function ThreadsPanel({ me }: { me: string }) {
  const { chat } = useParley();
  const { status, threads } = useFollowed();
  const channels = useAppSelector((state) => state.channels.channels);
  const names = useMemo(() => new Map(channels.map(({ channel }) => [channel._id, channelName(channel, me)])), [channels, me]);
  return (
    <Panel title="Threads" note="Those that you follow">
      {status === "loading" && <p className="panel-note" role="status">Loading…</p>}
      {status === "failed" && (
        <div className="empty" role="alert">
          <h3>The threads could not be loaded</h3>
          <Button icon="retry" onClick={() => void chat.followed.load()}>
            Try again
          </Button>
        </div>
      )}
      {status === "ready" && threads.length === 0 && (
        <div className="empty">
          <Icon name="thread" size={28} />
          <h3>You follow no thread</h3>
          <p>A thread comes here when you reply in it, are named in it, or get a reply, and when you follow it with the bell at its top.</p>
        </div>
      )}
      <ul className="cards" aria-label="Threads that you follow" onKeyDown={(event) => walkAmong(event, ".thread-card")}>
        {threads.map((thread) => (
          <li key={thread.root._id}>
            <ThreadCard thread={thread} where={names.get(thread.root.channelId) ?? "a channel"} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
