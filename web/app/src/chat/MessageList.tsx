import type { Message, Pending } from "@parley/client";
import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { Virtualizer } from "virtua";
import { type Row, Rows } from "../lib/rows";
import { dayLabel } from "../lib/time";
import { useConversation } from "../message/context";
import { MessageRow } from "../message/MessageRow";
import { useAppDispatch, useAppSelector } from "../store";
import { targetChosen } from "../store/communicationSlice";
import { Icon } from "../ui/icons";
import { MARGIN, useListScroll } from "./useListScroll";
import { useStill } from "./useStill";

interface MessageListProps {
  messages: readonly Message[];
  pending: readonly Pending[];
  newAfter: number | null;
  hasMore: boolean;
  loadingOlder: boolean;
  hasNewer: boolean;
  onOlder: () => void;
  onNewer: () => void;
  onNewest: () => void;
  beginning: ReactNode;
}

const MARKED_MS = 2_500;

/** A conversation, newest at the bottom. Only what is in sight is drawn, however long it is. */
export function MessageList(props: MessageListProps) {
  const { messages, pending, newAfter, hasMore, loadingOlder, hasNewer, onOlder, onNewer, onNewest, beginning } = props;
  const { me, inThread } = useConversation();
  const box = useRef<HTMLDivElement>(null);
  const [maker] = useState(() => new Rows());
  const built = useMemo(
    () => maker.build(messages, pending, { me, newAfter, begins: !hasMore && beginning !== null, thread: inThread }),
    [maker, messages, pending, me, newAfter, hasMore, beginning, inThread],
  );
  const { shown: rows, resting, lifted } = useStill(box, built);
  const older = () => hasMore && !loadingOlder && onOlder();
  const scroll = useListScroll({ rows, resting, lifted, hasNewer, onOlder: older, onNewer });
  const [active, setActive] = useState<string | null>(null);
  const marked = useTarget(rows, scroll.show, box);
  const editing = useAppSelector((state) => state.communications.editing);
  const lastOwn = useMemo(() => lastOwnKey(rows, me._id), [rows, me._id]);
  const lastKey = rows[rows.length - 1]?.key;
  const kept = useMemo(() => (editing === null ? [] : rows.flatMap((row, at) => (row.kind === "message" && row.entry.message?._id === editing ? [at] : []))), [rows, editing]);
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const key = rowOf(event.target as HTMLElement);
    if (key === null) return;
    const next = neighbour(rows, key, event.key);
    if (next >= 0) {
      scroll.list.current?.scrollToIndex(next, { align: "nearest" });
      focusRow(box.current, rows[next]!.key);
    } else if (event.key === "Escape" && !inThread) compose(event.currentTarget);
    else return;
    event.preventDefault();
  };
  const toNewest = (event: MouseEvent<HTMLElement>) => {
    (hasNewer ? onNewest : scroll.toBottom)();
    // The button goes, and by the keyboard the focus would go with it.
    if (event.detail === 0) compose(event.currentTarget);
  };
  return (
    <div className="messages-place">
      <div className="messages" ref={box} role="log" aria-live="off" aria-label={inThread ? "Replies" : "Messages"} onKeyDown={walk} onMouseLeave={() => setActive(null)}>
        <div className="messages-fill" />
        <Virtualizer ref={scroll.list} scrollRef={box} startMargin={MARGIN} data={rows} shift={scroll.shift} bufferSize={300} keepMounted={kept} onScroll={scroll.onScroll} onResize={scroll.onResize}>
          {(row: Row) => {
            if (row.kind !== "message") return <OtherRow key={row.key} row={row} beginning={beginning} />;
            const { entry, key, first } = row;
            return (
              <MessageRow
                key={key}
                entry={entry}
                first={first}
                active={active === key}
                tabbable={active === key || (active === null && key === lastKey)}
                editing={editing !== null && editing === entry.message?._id}
                marked={marked === key}
                lastOwn={lastOwn === key}
                onActive={setActive}
              />
            );
          }}
        </Virtualizer>
      </div>
      {loadingOlder && <p className="loading-older">Loading older messages…</p>}
      {(scroll.away || scroll.news > 0 || hasNewer) && (
        <button type="button" className="to-newest" data-testid="to-newest" onClick={toNewest}>
          <Icon name="down" size={16} /> {hasNewer ? "Jump to newest" : scroll.news > 0 ? `${scroll.news} new` : "Newest"}
        </button>
      )}
    </div>
  );
}

function OtherRow({ row, beginning }: { row: Exclude<Row, { kind: "message" }>; beginning: ReactNode }) {
  switch (row.kind) {
    case "beginning":
      return <>{beginning}</>;
    case "day":
      return (
        <div className="divider" role="separator" aria-label={dayLabel(row.at)}>
          <span>{dayLabel(row.at)}</span>
        </div>
      );
    case "new":
      return (
        <div className="divider divider-new" role="separator" aria-label="New messages" data-testid="new-line">
          <span>New</span>
        </div>
      );
    case "replies":
      return (
        <div className="divider" role="separator" aria-label={repliesLabel(row.count)} data-testid="replies-line">
          <span>{repliesLabel(row.count)}</span>
        </div>
      );
    case "note":
      return (
        <p className="note" data-testid="note">
          {row.entry.text}
        </p>
      );
  }
}

const repliesLabel = (count: number) => (count === 0 ? "Replies" : count === 1 ? "1 reply" : `${count} replies`);

/** Brings the message that was asked for into sight, and marks it for a moment. */
function useTarget(rows: readonly Row[], show: (index: number) => void, box: RefObject<HTMLElement | null>): string | null {
  const dispatch = useAppDispatch();
  const target = useAppSelector((state) => state.communications.target);
  const [marked, setMarked] = useState<string | null>(null);
  useEffect(() => {
    if (!target) return;
    const index = rows.findIndex((row) => row.kind === "message" && row.entry.message?._id === target.messageId);
    if (index < 0) return;
    dispatch(targetChosen(null));
    show(index);
    setMarked(rows[index]!.key);
    focusRow(box.current, rows[index]!.key, true);
  }, [dispatch, target, rows, show, box]);
  useEffect(() => {
    if (marked === null) return;
    const timer = setTimeout(() => setMarked(null), MARKED_MS);
    return () => clearTimeout(timer);
  }, [marked]);
  return marked;
}

function lastOwnKey(rows: readonly Row[], me: string): string | null {
  for (let at = rows.length - 1; at >= Math.max(0, rows.length - 300); at--) {
    const row = rows[at]!;
    if (row.kind !== "message" || row.entry.sender._id !== me) continue;
    if (!row.entry.message) return null; // who has seen it is to be told of this one, once it is sent
    if (!row.entry.message.isDeleted) return row.key;
  }
  return null;
}

/** The row that a key was pressed in, and not in a field of it; null for none. */
const rowOf = (target: HTMLElement): string | null => (target.closest("input, textarea, select") ? null : (target.closest<HTMLElement>("[data-row]")?.dataset["row"] ?? null));

/** Gives a row the focus once it is drawn; or only when nothing else has it by then. */
function focusRow(box: HTMLElement | null, key: string, ifFree = false): void {
  const focus = () => (!ifFree || document.activeElement === document.body) && box?.querySelector<HTMLElement>(`[data-row="${key}"]`)?.focus();
  requestAnimationFrame(() => requestAnimationFrame(focus));
}

/** To the field below the messages. */
const compose = (from: HTMLElement) => from.closest(".pane, .panel")?.querySelector<HTMLElement>("[data-composer]")?.focus();

/** The message that a key leads to from a row; -1 for none. */
function neighbour(rows: readonly Row[], key: string, pressed: string): number {
  if (pressed === "End") return rows.findLastIndex(({ kind }) => kind === "message");
  if (pressed === "Home") return rows.findIndex(({ kind }) => kind === "message");
  const step = pressed === "ArrowUp" ? -1 : pressed === "ArrowDown" ? 1 : 0;
  if (step === 0) return -1;
  let at = rows.findIndex((row) => row.key === key);
  do at += step;
  while (rows[at] && rows[at]!.kind !== "message");
  return rows[at] ? at : -1;
}
