import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

/** What an open dialog holds that is neither saved nor sent. */
export const Held = createContext<Set<object> | null>(null);

/** In a dialog: that something in it is neither saved nor sent, so that it asks before it closes. */
export function Unsaved({ when }: { when: boolean }) {
  const held = useContext(Held);
  useEffect(() => {
    if (!held || !when) return;
    const something = {};
    held.add(something);
    return () => void held.delete(something);
  }, [held, when]);
  return null;
}

/** Drawn once it is looked at, and kept from then on with what was written in it. */
export function Kept({ shown, children }: { shown: boolean; children: ReactNode }) {
  const [seen, setSeen] = useState(shown);
  if (shown && !seen) setSeen(true);
  return seen ? <div className="kept" hidden={!shown}>{children}</div> : null;
}
