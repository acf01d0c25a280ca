import type { Sender } from "@parley/client";
import { memo, type KeyboardEvent, type MouseEvent, useCallback, useState } from "react";
import { plainText } from "../lib/markdown";
import type { Entry } from "../lib/rows";
import { clockTime, fullTime } from "../lib/time";
import { useAppDispatch } from "../store";
import { messageDialogChanged } from "../store/panelSlice";
import { Boundary } from "../ui/Boundary";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import { UnlessBlocked, useBlocked } from "./Blocked";
import { QuoteCard, ThreadSummary } from "./Cards";
import { useConversation } from "./context";
import { EditBox } from "./EditBox";
import { Markdown } from "./Markdown";
import { PreviewCard } from "./PreviewCard";
import { Reactions } from "./Reactions";
import { SeenBy } from "./SeenBy";
import { Failed } from "./Failed";
import { Toolbar } from "./Toolbar";
import { useActions } from "./useActions";

interface MessageRowProps {
  entry: Entry;
  /** The first of a run of one person's: with name and picture. */
  first: boolean;
  active: boolean;
  tabbable: boolean;
  editing: boolean;
  /** Just jumped to. */
  marked: boolean;
  /** The last of one's own: with who has seen it. */
  lastOwn: boolean;
  onActive: (key: string | null) => void;
}

const NOBODY: readonly Sender[] = [];

/** One message. Its actions appear when it is pointed at or has the focus; on a touch screen a tap lists them. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { entry, first, active, tabbable, editing, marked, lastOwn, onActive } = props;
  const dispatch = useAppDispatch();
  const { me } = useConversation();
  const [held, setHeld] = useState(false);
  const { message, pending, sender, at } = entry;
  const blocked = useBlocked(sender._id);
  const hold = useCallback((on: boolean) => setHeld(on), []);
  const live = message && !message.isDeleted ? message : null;
  const named = live && live.senderId._id !== me._id && (live.mentionsChannel || live.mentions.includes(me._id));
  const classes = ["message", `message-${entry.state}`, first && "message-first", named && "message-named", marked && "message-marked", (active || held) && "message-active"];
  // On a touch screen a tap on the message, and not on something in it, lists what can be done.
  const onTap = (event: MouseEvent) => {
    const inside = (event.target as Element).closest("a, button, textarea, input, pre");
    if (live && !inside && window.matchMedia("(hover: none)").matches) dispatch(messageDialogChanged({ kind: "sheet", message: live }));
  };
  const onLeave = () => !held && onActive(null);
  return (
    <article
      className={classes.filter(Boolean).join(" ")}
      data-testid="message"
      data-row={entry.key}
      data-state={entry.state}
      data-seq={entry.seq ?? undefined}
      data-message-id={message?._id}
      tabIndex={tabbable ? 0 : -1}
      aria-label={`${sender.name}, ${clockTime(at)}: ${blocked ? "somebody you block" : live || pending ? plainText(entry.text) : "deleted"}`}
      onMouseEnter={() => onActive(entry.key)}
      onMouseLeave={onLeave}
      onFocus={() => onActive(entry.key)}
      onClick={live && !editing ? onTap : undefined}
    >
      <div className="message-side">
        {first ? (
          <Avatar id={sender._id} name={sender.name} url={sender.avatarUrl} size="l" />
        ) : (
          <time className="message-time" dateTime={at} title={fullTime(at)} aria-hidden="true">
            {clockTime(at)}
          </time>
        )}
      </div>
      <div className="message-main">
        {first && (
          <header className="message-head">
            <strong>
              <bdi>{sender.name}</bdi>
            </strong>
            <time dateTime={at} title={fullTime(at)}>
              {clockTime(at)}
            </time>
            {live?.isPinned && <Pinned />}
          </header>
        )}
        {!first && live?.isPinned && <Pinned />}
        {editing && live ? <EditBox message={live} /> : <UnlessBlocked blocked={blocked}><Body entry={entry} /></UnlessBlocked>}
        {live && live.reactions.length > 0 && <Reactions message={live} />}
        {message && message.threadCount > 0 && <Threaded entry={entry} />}
        {entry.state === "sending" && <span className="message-mark">Sending…</span>}
        {entry.state === "failed" && pending && <Failed pending={pending} />}
      </div>
      {lastOwn && entry.seq !== null && <SeenBy seq={entry.seq} />}
      {live && (active || held) && !editing && <Toolbar message={live} onHold={hold} />}
      {live && active && !editing && <Keys entry={entry} />}
    </article>
  );
});

function Pinned() {
  return (
    <span className="pinned-mark">
      <Icon name="pin" size={12} /> Pinned
    </span>
  );
}

function Threaded({ entry: { message } }: { entry: Entry }) {
  const { inThread } = useConversation();
  return inThread || !message ? null : <ThreadSummary message={message} />;
}

function Body({ entry: { message, pending, text } }: { entry: Entry }) {
  const dispatch = useAppDispatch();
  const { me } = useConversation();
  if (message?.isDeleted) return <p className="message-gone">This message was deleted.</p>;
  const quote = message?.quote ?? pending?.quote;
  return (
    <>
      {quote && <QuoteCard quote={quote} />}
      {text && (
        <div className="message-text">
          <Boundary fallback={<p className="md-plain">{text}</p>}>
            <Markdown text={text} mentioned={message?.mentioned ?? pending?.mentioned ?? NOBODY} everyone={message?.mentionsChannel ?? false} me={me._id} />
          </Boundary>
          {message?.isEdited && (
            <button type="button" className="edited" onClick={() => dispatch(messageDialogChanged({ kind: "history", message }))}>
              (edited)
            </button>
          )}
        </div>
      )}
      {message?.linkPreview && <PreviewCard message={message} preview={message.linkPreview} />}
    </>
  );
}

/** The letters that do something with the message that the focus is in. They are heard by its row. */
function Keys({ entry }: { entry: Entry }) {
  const actions = useActions(entry.message!);
  const onKey = (event: KeyboardEvent<HTMLElement> | globalThis.KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions.find(({ key }) => key.toLowerCase() === event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    action.run();
  };
  const listen = (marker: HTMLSpanElement | null) => {
    const row = marker?.closest<HTMLElement>(".message");
    if (!row) return;
    const heard = (event: globalThis.KeyboardEvent) => !(event.target as Element).closest("input, textarea, select, [role=menu]") && onKey(event);
    row.addEventListener("keydown", heard);
    return () => row.removeEventListener("keydown", heard);
  };
  return <span ref={listen} hidden />;
}
