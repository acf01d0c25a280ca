import { type RefObject, useEffect, useReducer, useRef } from "react";

/** After a finger is lifted the browser still has to find what it tapped. */
const TAP_MS = 100;

interface Still<T> {
  shown: T;
  /** A finger rests on the box, and does not scroll it. */
  resting: RefObject<boolean>;
  /** How often one was lifted. */
  lifted: number;
}

/** What a box shows, as it is until a finger that rests on the box is lifted: a tap meets what it was meant for. */
export function useStill<T>(box: RefObject<HTMLElement | null>, now: T): Still<T> {
  const resting = useRef(false);
  const shown = useRef(now);
  const [lifted, lift] = useReducer((n: number) => n + 1, 0);
  if (!resting.current) shown.current = now;
  useEffect(() => {
    const place = box.current;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const rest = ({ pointerType }: PointerEvent) => {
      if (pointerType === "mouse") return;
      clearTimeout(timer);
      resting.current = true;
    };
    const release = () => {
      resting.current = false;
      lift();
    };
    const up = () => void (resting.current && (timer = setTimeout(release, TAP_MS)));
    place?.addEventListener("pointerdown", rest);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up); // it scrolls now
    return () => {
      clearTimeout(timer);
      place?.removeEventListener("pointerdown", rest);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", up);
    };
  }, [box]);
  return { shown: shown.current, resting, lifted };
}
