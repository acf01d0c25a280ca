import type { KeyboardEvent } from "react";

/** The up and down arrows walk among the buttons of a list that a selector names. */
export function walkAmong(event: KeyboardEvent<HTMLElement>, selector: string): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>(selector)];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = items[at + step];
  if (at < 0 || !next) return;
  next.focus();
  event.preventDefault();
}
