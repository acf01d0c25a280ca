import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";

interface PopoverProps {
  /** What it belongs to, and beside which it stands. */
  anchor: RefObject<HTMLElement | null>;
  label: string;
  role: "menu" | "dialog";
  className?: string;
  onClose: () => void;
  children: ReactNode;
}

const GAP = 6;

/** Something small over the page, beside what opened it. Esc and a click elsewhere close it; the arrows walk through it. */
export function Popover({ anchor, label, role, className = "", onClose, children }: PopoverProps) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = element.current;
    const from = anchor.current?.getBoundingClientRect();
    if (!box || !from) return;
    const { width, height } = box.getBoundingClientRect();
    const below = from.bottom + GAP + height <= window.innerHeight || from.top < height + GAP;
    const top = below ? from.bottom + GAP : from.top - GAP - height;
    box.style.top = `${Math.max(8, Math.min(top, window.innerHeight - height - 8))}px`;
    box.style.left = `${Math.max(8, Math.min(from.right - width, window.innerWidth - width - 8))}px`;
    box.querySelector<HTMLElement>("[data-autofocus], button, input")?.focus();
  }, [anchor]);
  useEffect(() => {
    const opener = anchor.current;
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!element.current?.contains(target) && !opener?.contains(target)) onClose();
    };
    document.addEventListener("pointerdown", outside);
    window.addEventListener("resize", onClose);
    return () => {
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("resize", onClose);
    };
  }, [anchor, onClose]);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      onClose();
      anchor.current?.focus();
    } else walk(event, element.current);
  };
  return createPortal(
    <div ref={element} className={`popover ${className}`} role={role} aria-label={label} onKeyDown={onKeyDown}>
      {children}
    </div>,
    anchor.current?.closest("dialog") ?? document.body, // what is outside an open dialog cannot be reached
  );
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** The arrows go from button to button: to the sides in their order, up and down to what is there, and down from a field. */
function walk(event: KeyboardEvent, box: HTMLElement | null): void {
  const step = STEPS[event.key];
  const inField = (event.target as HTMLElement).tagName === "INPUT";
  if (!step || !box || (inField && event.key !== "ArrowDown")) return;
  const buttons = [...box.querySelectorAll<HTMLElement>("button:not(:disabled)")];
  const from = document.activeElement as HTMLElement;
  const at = buttons.indexOf(from);
  const upright = event.key === "ArrowDown" || event.key === "ArrowUp";
  const next = upright && !inField ? (nearest(from, buttons, step) ?? (step < 0 ? box.querySelector("input") : null)) : null;
  (next ?? buttons[(at + step + buttons.length) % buttons.length])?.focus();
  event.preventDefault();
}

/** Of what is below or above, the nearest. */
function nearest(from: HTMLElement, all: readonly HTMLElement[], step: number): HTMLElement | undefined {
  const here = from.getBoundingClientRect();
  const away = (each: HTMLElement) => {
    const { top, left, height, width } = each.getBoundingClientRect();
    const down = step * (top + height / 2 - here.top - here.height / 2);
    return down < height / 2 ? Infinity : down * 10 + Math.abs(left + width / 2 - here.left - here.width / 2);
  };
  return all.reduce<HTMLElement | undefined>((found, each) => (away(each) < (found ? away(found) : Infinity) ? each : found), undefined);
}
