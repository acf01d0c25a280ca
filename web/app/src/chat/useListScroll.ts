import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "../lib/rows";

interface ListScrollProps {
  rows: readonly Row[];
  /** While a finger rests on the list it is not moved, but when it is lifted. */
  resting: RefObject<boolean>;
  lifted: number;
  /** Something newer than the last row is not here. */
  hasNewer: boolean;
  onOlder: () => void;
  onNewer: () => void;
}

interface ListScroll {
  list: RefObject<VirtualizerHandle | null>;
  /** Rows were added above: what is read stays in its place. */
  shift: boolean;
  onScroll: () => void;
  onResize: () => void;
  toBottom: () => void;
  show: (index: number) => void;
  /** The newest message is not in sight. */
  away: boolean;
  /** How many came since. */
  news: number;
}

/** Above the first row, and below the last, as the style has it. */
export const MARGIN = 16;
const END = { align: "end", offset: MARGIN } as const;
const NEAR = 60;
const EDGE = 900;
/** With more than so many new rows one starts reading at the first of them. */
const A_SCREEN = 12;

/** Keeps the newest message in sight while one is at the bottom, and what one reads in place when something is added above. */
export function useListScroll({ rows, resting, lifted, hasNewer, onOlder, onNewer }: ListScrollProps): ListScroll {
  const list = useRef<VirtualizerHandle>(null);
  const before = useRef<readonly Row[]>([]);
  const sticks = useRef(true);
  const edges = useRef({ hasNewer, onOlder, onNewer });
  edges.current = { hasNewer, onOlder, onNewer };
  const [away, setAway] = useState(false);
  const [news, setNews] = useState(0);
  const shift = isPrepended(before.current, rows);

  const toEnd = useCallback(() => list.current?.scrollToIndex(before.current.length - 1, END), []);
  useLayoutEffect(() => {
    const last = before.current;
    before.current = rows;
    if (rows.length === 0 || rows === last) return;
    if (last.length === 0) {
      if (edges.current.hasNewer) return; // whoever looks at the past says where
      const fresh = rows.findIndex(({ kind }) => kind === "new");
      if (fresh >= 0 && rows.length - fresh > A_SCREEN) list.current?.scrollToIndex(fresh, { align: "start", offset: -80 });
      else list.current?.scrollToIndex(rows.length - 1, END);
      return;
    }
    const appended = countAppended(last, rows);
    if (appended === 0) return;
    const newest = rows[rows.length - 1]!;
    const own = newest.kind === "message" && newest.entry.pending !== null;
    if ((sticks.current && !edges.current.hasNewer) || own) list.current?.scrollToIndex(rows.length - 1, END);
    else if (!edges.current.hasNewer) setNews((count) => count + appended);
  }, [rows]);

  const left = () => {
    const { scrollSize = 0, viewportSize = 0, scrollOffset = 0 } = list.current ?? {};
    return scrollSize - scrollOffset - viewportSize;
  };
  const look = useCallback(() => {
    const below = left();
    setAway(!sticks.current && below >= NEAR * 4);
    if (sticks.current) setNews(0);
    if ((list.current?.scrollOffset ?? 0) < EDGE) edges.current.onOlder();
    if (below < EDGE && edges.current.hasNewer) edges.current.onNewer();
  }, []);
  const onScroll = useCallback(() => {
    sticks.current = left() < NEAR;
    look();
  }, [look]);
  // A list that is not scrolled, because it is short or stands where it is to, may still need more.
  useEffect(() => {
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look, rows.length]);
  // Pictures that load, a window or a composer that changes its size must not hide the newest message.
  const onResize = useCallback(() => {
    if (!sticks.current) onScroll(); // all of it may be in sight now
    else if (!resting.current && !edges.current.hasNewer) list.current?.scrollToIndex(before.current.length - 1, END);
  }, [resting, onScroll]);
  useEffect(() => void (lifted > 0 && onResize()), [lifted, onResize]);
  const show = useCallback(
    (index: number) => {
      sticks.current = false;
      list.current?.scrollToIndex(index, { align: "center" });
      setTimeout(onScroll, 100); // what is in its place already is not scrolled
    },
    [onScroll],
  );
  return { list, shift, onScroll, onResize, toBottom: toEnd, show, away, news };
}

function isPrepended(before: readonly Row[], rows: readonly Row[]): boolean {
  if (before.length === 0 || rows.length <= before.length || before === rows) return false;
  return before[before.length - 1]!.key === rows[rows.length - 1]!.key;
}

function countAppended(before: readonly Row[], rows: readonly Row[]): number {
  const last = before[before.length - 1]!.key;
  for (let at = rows.length - 1, count = 0; at >= 0 && count < 200; at--) {
    if (rows[at]!.key === last) return count;
    if (rows[at]!.kind === "message") count++;
  }
  return 1;
}
