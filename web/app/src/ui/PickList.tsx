import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from "react";
import { autoFocused } from "./fields";
import { Icon } from "./icons";
import { Option } from "./Option";

export interface Pick {
  id: string;
  testId?: string;
  content: ReactNode;
}

interface PickListProps {
  label: string;
  placeholder: string;
  query: string;
  onQuery: (query: string) => void;
  picks: Pick[];
  onPick: (id: string) => void;
  /** What to say instead of the list: that it loads, is empty, or failed. */
  note?: ReactNode;
}

/** A field and the list it filters, as one combobox: the focus stays in the field, the arrows move in the list. */
export function PickList({ label, placeholder, query, onQuery, picks, onPick, note }: PickListProps) {
  const [at, setAt] = useState(0);
  const base = useId();
  const current = Math.min(at, picks.length - 1);
  useEffect(() => setAt(0), [query]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(picks.length - 1, current + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, current - 1));
    else if (event.key === "Enter" && picks[current]) onPick(picks[current].id);
    else return;
    event.preventDefault();
  };

  return (
    <div className="picklist">
      <div className="picklist-field">
        <Icon name="search" />
        <input
          {...autoFocused(true)}
          role="combobox"
          aria-label={label}
          aria-expanded="true"
          aria-controls={`${base}-list`}
          aria-activedescendant={picks[current] ? `${base}-${current}` : undefined}
          placeholder={placeholder}
          value={query}
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={onKeyDown}
          spellCheck={false}
          autoComplete="off"
        />
      </div>
      <ul className="picklist-list" role="listbox" id={`${base}-list`} aria-label={label}>
        {picks.map((pick, index) => (
          <Option key={pick.id} id={`${base}-${index}`} selected={index === current} testId={pick.testId} onPoint={() => setAt(index)} onPick={() => onPick(pick.id)}>
            {pick.content}
          </Option>
        ))}
      </ul>
      {note && (
        <p className="picklist-note" role="status">
          {note}
        </p>
      )}
    </div>
  );
}
