import { memo } from "react";
import type { Entry } from "../lib/groups";
import { clockTime, fullTime } from "../lib/time";
import { useServices } from "../services";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import { RichText } from "./RichText";

/** One person's messages in a row: name and picture once. */
export const MessageGroup = memo(function MessageGroup({ entries }: { entries: readonly Entry[] }) {
  const first = entries[0];
  if (!first) return null;
  return (
    <div className="group">
      <Avatar id={first.senderId} name={first.senderName} url={first.avatarUrl} size="l" />
      <div className="group-body">
        <div className="group-head">
          <strong>{first.senderName}</strong>
          <time dateTime={first.at} title={fullTime(first.at)}>
            {clockTime(first.at)}
          </time>
        </div>
        {entries.map((entry, index) => (
          <Line key={entry.key} entry={entry} first={index === 0} />
        ))}
      </div>
    </div>
  );
});

function Line({ entry, first }: { entry: Entry; first: boolean }) {
  return (
    <div className={`message message-${entry.state}`} data-testid="message" data-state={entry.state} data-seq={entry.seq ?? undefined}>
      {!first && (
        <time className="message-time" dateTime={entry.at} title={fullTime(entry.at)} aria-hidden="true">
          {clockTime(entry.at)}
        </time>
      )}
      <div className="message-text">
        {entry.deleted ? <em className="muted">This message was deleted.</em> : <RichText text={entry.text} />}
        {entry.edited && !entry.deleted && <small className="muted"> (edited)</small>}
      </div>
      {entry.state === "sending" && <span className="message-mark">Sending…</span>}
      {entry.state === "failed" && <Failed entry={entry} />}
    </div>
  );
}

function Failed({ entry }: { entry: Entry }) {
  const { parley } = useServices();
  return (
    <span className="message-mark message-failed-mark" role="alert">
      <Icon name="alert" size={14} />
      <span>Not sent. {entry.error}</span>
      <button type="button" className="link" data-testid="retry" onClick={() => parley.chat.retry(entry.clientId)}>
        Try again
      </button>
      <button type="button" className="link" onClick={() => parley.chat.discard(entry.clientId)}>
        Discard
      </button>
    </span>
  );
}
