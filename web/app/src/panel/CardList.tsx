import { type ReactNode, useEffect, useRef } from "react";
import { Icon, type IconName } from "../ui/icons";
import type { Listed } from "./useList";

interface CardListProps<T> {
  listed: Listed<T>;
  icon: IconName;
  /** What to say when there is nothing. */
  empty: string;
  hint: string;
  children: (item: T) => ReactNode;
}

/** A list beside the conversation, with what to say while there is none. */
export function CardList<T>(props: CardListProps<T>) {
  const place = useRef<HTMLDivElement>(null);
  const count = props.listed && "items" in props.listed ? props.listed.items.length : 0;
  const before = useRef(count);
  useEffect(() => {
    // A card that is done with goes, and the focus that was in it goes to the panel's title.
    if (count < before.current && document.activeElement === document.body) place.current?.closest(".panel")?.querySelector<HTMLElement>("h1, h2")?.focus();
    before.current = count;
  }, [count]);
  return (
    <div ref={place} className="card-list">
      <Cards {...props} />
    </div>
  );
}

function Cards<T>({ listed, icon, empty, hint, children }: CardListProps<T>) {
  if (listed === null) return <p className="panel-note" role="status">Loading…</p>;
  if ("problem" in listed) return <p className="panel-note" role="alert">{listed.problem}</p>;
  if (listed.items.length === 0) {
    return (
      <div className="empty">
        <Icon name={icon} size={28} />
        <h3>{empty}</h3>
        <p>{hint}</p>
      </div>
    );
  }
  return <ul className="cards">{listed.items.map(children)}</ul>;
}
