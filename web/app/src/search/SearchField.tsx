import { Suggester } from "@parley/client";
import { useLive, useParley } from "@parley/react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo, useState } from "react";
import type { SearchForm } from "../store/searchSlice";
import { SuggestionList } from "./SuggestionList";
import { moved, type Suggested, suggestedOf } from "./suggested";

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  text: string;
  onChange: (change: Partial<SearchForm>) => void;
  /** Down from the field, or from the last suggestion: to what was found. */
  onDown: (event: KeyboardEvent) => void;
}

/**
 * The field to search in, a combobox: while one types it suggests people and channels as filters. The arrows walk through them,
 * Enter takes one, Esc closes them.
 */
export function SearchField({ field, text, onChange, onDown }: SearchFieldProps) {
  const list = useId();
  const [typed, setTyped] = useState(false);
  const [at, setAt] = useState(-1);
  const all = useSuggestions(text);
  const open = typed && text.trim() !== "" && all.length > 0;
  const current = open ? Math.min(at, all.length - 1) : -1;
  const close = () => {
    setTyped(false);
    setAt(-1);
  };
  const take = ({ form }: Suggested) => {
    close();
    onChange(form);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (!open) return void (event.key === "ArrowDown" && onDown(event));
    const picked = all[current];
    const next = moved(current, event.key, all.length);
    if (next === "past") {
      close();
      return onDown(event);
    }
    if (next !== null) setAt(next);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && picked) take(picked);
    else if (event.key === "Enter") close();
    else return;
    event.preventDefault();
  };
  return (
    <div className="search-box">
      <input
        ref={field}
        type="search"
        role="combobox"
        className="search-input"
        data-testid="search-input"
        aria-label="Search messages"
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={open ? list : undefined}
        aria-activedescendant={current >= 0 ? `${list}-${current}` : undefined}
        placeholder="Search messages"
        maxLength={500}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setTyped(true);
          setAt(-1);
          onChange({ text: event.target.value });
        }}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      {open && <SuggestionList id={list} all={all} current={current} onPoint={setAt} onPick={take} />}
      <p className="only-heard" role="status">
        {open ? `${all.length} ${all.length === 1 ? "suggestion" : "suggestions"}` : ""}
      </p>
    </div>
  );
}

function useSuggestions(text: string): Suggested[] {
  const { search } = useParley();
  const suggester = useMemo(() => new Suggester((query) => search.suggest(query)), [search]);
  useEffect(() => suggester.type(text), [suggester, text]);
  useEffect(() => () => suggester.stop(), [suggester]);
  const found = useLive(
    (changed) => suggester.on("changed", changed),
    () => suggester.found,
    [suggester],
  );
  return useMemo(() => suggestedOf(found), [found]);
}
