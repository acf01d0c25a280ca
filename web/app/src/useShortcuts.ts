import { useEffect } from "react";
import { useAppDispatch } from "./store";
import { panelChanged } from "./store/panelSlice";

/** Ctrl or Cmd and F, or a slash outside a field: search. */
export function useShortcuts(): void {
  const dispatch = useAppDispatch();
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open], [inert]")) return;
      const modified = event.ctrlKey || event.metaKey;
      const find = modified && !event.shiftKey && event.key.toLowerCase() === "f";
      const slash = !modified && event.key === "/" && !inField(event.target);
      if (!find && !slash) return;
      event.preventDefault();
      dispatch(panelChanged({ kind: "search" }));
      // It may be open already; then only the focus goes there.
      requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-testid="search-input"]')?.select());
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  }, [dispatch]);
}

function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}
