import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

interface ScrollProps {
  channelId: string;
  /** The oldest message there is; it changes when older ones are added above. */
  firstSeq: number | null;
  count: number;
  /** How many messages of one's own are on their way: writing one leads to the bottom. */
  mine: number;
  onTop: () => void;
}

interface Scroll {
  element: RefObject<HTMLDivElement | null>;
  onScroll: () => void;
  toBottom: () => void;
  /** The newest message is not in sight. */
  away: boolean;
  /** And there are some that came since. */
  news: boolean;
}

const NEAR = 60;
const TOP = 240;

/** Keeps the newest message in sight while one is at the bottom, and what one reads in place when something is added above. */
export function useScroll({ channelId, firstSeq, count, mine, onTop }: ScrollProps): Scroll {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef({ channelId, firstSeq, count, mine, height: 0, atBottom: true });
  const [away, setAway] = useState(false);
  const [news, setNews] = useState(false);

  useLayoutEffect(() => {
    const box = element.current;
    if (!box) return;
    const last = before.current;
    const opened = last.channelId !== channelId || last.count === 0;
    const prepended = !opened && last.firstSeq !== null && firstSeq !== null && firstSeq < last.firstSeq;
    if (prepended) box.scrollTop += box.scrollHeight - last.height;
    else if (opened || last.atBottom || mine > last.mine) box.scrollTop = box.scrollHeight;
    else if (count > last.count) setNews(true);
    const atBottom = isAtBottom(box);
    if (opened) setAway(!atBottom);
    before.current = { channelId, firstSeq, count, mine, height: box.scrollHeight, atBottom };
  }, [channelId, firstSeq, count, mine]);

  // A window or composer that changes its size must not hide the newest message.
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    const observer = new ResizeObserver(() => {
      if (before.current.atBottom) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    if (box.firstElementChild) observer.observe(box.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const box = element.current;
    if (!box) return;
    const atBottom = isAtBottom(box);
    before.current.atBottom = atBottom;
    before.current.height = box.scrollHeight;
    setAway(!atBottom);
    if (atBottom) setNews(false);
    if (box.scrollTop < TOP) onTop();
  };
  const toBottom = () => element.current?.scrollTo({ top: element.current.scrollHeight, behavior: "smooth" });
  return { element, onScroll, toBottom, away, news };
}

const isAtBottom = (box: HTMLElement) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
