import { useState } from "react";

const kept = new Map<string, unknown>();

/**
 * What is being changed at a place of the page, kept when that place is not drawn for a while: as long as the page is there, or until it
 * is let go of.
 */
export function useUnfinished<T>(place: string, initial: T): [now: T, set: (next: T) => void, letGo: () => void] {
  const [now, setNow] = useState<T>(() => (kept.has(place) ? (kept.get(place) as T) : initial));
  const set = (next: T) => {
    kept.set(place, next);
    setNow(next);
  };
  return [now, set, () => void kept.delete(place)];
}

export const isUnfinished = (place: string): boolean => kept.has(place);
