import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { IconButton } from "./Button";
import { Icon, type IconName } from "./icons";

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconName;
  /** One of several of which one is chosen. */
  checked?: boolean;
  danger?: boolean;
  /** A line above it, and what is said there. */
  heading?: string;
  divided?: boolean;
  testId?: string;
  onPick: () => void;
}

interface PopMenuProps {
  label: string;
  icon?: IconName;
  items: MenuItem[];
  className?: string;
  testId?: string;
  children?: ReactNode;
}

const WIDTH = 232;

/** A button and the menu that it opens. The arrows move in it, Esc closes it, and the focus goes back to the button. */
export function PopMenu({ label, icon = "more", items, className = "", testId = "" }: PopMenuProps) {
  const [place, setPlace] = useState<CSSProperties | null>(null);
  const button = useRef<HTMLSpanElement>(null);
  const id = useId();
  const open = () => {
    const at = button.current?.getBoundingClientRect();
    if (at) setPlace(placeFor(at));
  };
  const close = (refocus = true) => {
    setPlace(null);
    if (refocus) button.current?.querySelector("button")?.focus();
  };
  return (
    <span className={`popmenu-place ${className} ${place ? "popmenu-open" : ""}`} ref={button}>
      <IconButton
        icon={icon}
        label={label}
        testId={testId}
        aria-haspopup="menu"
        aria-expanded={place !== null}
        aria-controls={place ? id : undefined}
        onClick={() => (place ? close() : open())}
      />
      {place && <Items id={id} label={label} items={items} place={place} onClose={close} />}
    </span>
  );
}

/** Below the button, or above it when there is no room; never over the page's edge. */
function placeFor(at: DOMRect): CSSProperties {
  const left = Math.max(8, Math.min(at.right - WIDTH, window.innerWidth - WIDTH - 8));
  const below = window.innerHeight - at.bottom;
  return below > 320 || below > at.top ? { left, top: at.bottom + 4, width: WIDTH } : { left, bottom: window.innerHeight - at.top + 4, width: WIDTH };
}

interface ItemsProps {
  id: string;
  label: string;
  items: MenuItem[];
  place: CSSProperties;
  onClose: (refocus?: boolean) => void;
}

function Items({ id, label, items, place, onClose }: ItemsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = list.current;
    element?.showPopover();
    (element?.querySelector<HTMLElement>('[aria-checked="true"]') ?? element?.querySelector<HTMLElement>("button"))?.focus();
    const outside = (event: PointerEvent) => !element?.parentElement?.contains(event.target as Node) && onClose(false);
    const moved = (event: Event) => !element?.contains(event.target as Node) && onClose(false);
    window.addEventListener("pointerdown", outside);
    window.addEventListener("scroll", moved, true);
    return () => {
      window.removeEventListener("pointerdown", outside);
      window.removeEventListener("scroll", moved, true);
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") onClose();
    else if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
  };
  return (
    <div ref={list} id={id} className="popmenu" role="menu" aria-label={label} popover="manual" style={place} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <div key={item.id} role="none" className={item.divided ? "popmenu-divided" : undefined}>
          {item.heading && <p className="popmenu-heading">{item.heading}</p>}
          <button
            type="button"
            role={item.checked === undefined ? "menuitem" : "menuitemradio"}
            aria-checked={item.checked}
            tabIndex={-1}
            className={`popmenu-item ${item.danger ? "popmenu-danger" : ""}`}
            data-testid={item.testId}
            onClick={(event) => {
              event.stopPropagation();
              onClose();
              item.onPick();
            }}
          >
            {item.icon && <Icon name={item.icon} size={16} />}
            <span>{item.label}</span>
            {item.checked && <Icon name="check" size={16} />}
          </button>
        </div>
      ))}
    </div>
  );
}
