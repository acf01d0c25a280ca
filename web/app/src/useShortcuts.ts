import { useEffect } from "react";
import { useAppDispatch } from "./store";
import { panelChanged } from "./store/panelSlice";

/** The parts of the page, one after the other, and what the focus goes to in each. */
const PARTS = [
  [".sidebar", ".channel[aria-current], .jump"],
  [".floating", "button"],
  [".pane .messages", '[data-row][tabindex="0"]'],
  [".pane .composer", "[data-composer]"],
  [".panel", "[data-composer], input, h1, h2"],
] as const;

/** F6 leads to the next part of the page, with Shift to the one before. */
function goOn(step: 1 | -1): void {
  const parts = PARTS.flatMap(([part, first]) => [...document.querySelectorAll<HTMLElement>(part)].slice(0, 1).map((element) => ({ element, first })));
  const shown = parts.filter(({ element }) => element.checkVisibility());
  const at = shown.findIndex(({ element }) => element.contains(document.activeElement));
  const next = shown[(at < 0 && step < 0 ? shown.length - 1 : at + step + shown.length) % shown.length];
  next?.element.querySelector<HTMLElement>(next.first)?.focus();
}

/** Ctrl or Cmd and F, or a slash outside a field: search. F6: on. */
export function useShortcuts(): void {
  const dispatch = useAppDispatch();
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open], [inert]")) return;
      if (event.key === "F6") {
        event.preventDefault();
        return goOn(event.shiftKey ? -1 : 1);
      }
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
