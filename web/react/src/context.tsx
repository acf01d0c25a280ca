import type { Parley } from "@parley/client";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

const Context = createContext<Parley | null>(null);

/** Gives the components below a client. Whoever made the client starts and stops it. */
export function ParleyProvider({ parley, children }: { parley: Parley; children: ReactNode }) {
  return <Context.Provider value={parley}>{children}</Context.Provider>;
}

export function useParley(): Parley {
  const parley = useContext(Context);
  if (!parley) throw new Error("useParley needs a ParleyProvider above it");
  return parley;
}

/** What `read` gives, again after each event that `subscribe` reports. */
export function useLive<T>(
  subscribe: (changed: () => void) => () => void,
  read: () => T,
  dependencies: readonly unknown[],
): T {
  const [, setTurn] = useState(0);
  useEffect(() => {
    setTurn((turn) => turn + 1); // something may have happened before this effect
    return subscribe(() => setTurn((turn) => turn + 1));
  }, dependencies);
  return read();
}
