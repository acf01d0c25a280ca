import { useCurrent, useLive } from "@parley/react";
import { useEffect, useMemo } from "react";
import { type Page, Pages, type PagesState } from "./pages";

/** A list from the server in pages, begun anew when a dependency changes. */
export function usePages<T>(fetch: (last: T | undefined) => Promise<Page<T>>, dependencies: readonly unknown[]): PagesState<T> & { pages: Pages<T> } {
  const pages = useMemo(() => new Pages(fetch), dependencies);
  const state = useLive(
    (changed) => pages.on("changed", changed),
    () => pages.state,
    [pages],
  );
  useEffect(() => void pages.load(), [pages]);
  return { ...state, items: useCurrent(state.items), pages };
}
