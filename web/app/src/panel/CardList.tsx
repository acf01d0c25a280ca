import type { ReactNode } from "react";
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
export function CardList<T>({ listed, icon, empty, hint, children }: CardListProps<T>) {
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
