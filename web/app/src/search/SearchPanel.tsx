import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { channelName } from "../lib/names";
import { Panel } from "../panel/Panel";
import { useAppDispatch, useAppSelector } from "../store";
import { panelChanged } from "../store/panelSlice";
import { type SearchForm, searchChanged, searchCleared } from "../store/searchSlice";
import { openMessage } from "../store/thunks";
import { Button, IconButton } from "../ui/Button";
import { NARROW, useMedia } from "../ui/useSize";
import { Filters } from "./Filters";
import { filterCount, queryOf } from "./query";
import { SearchField } from "./SearchField";
import { Result } from "./Result";
import { useSearch } from "./useSearch";

/** Finds messages in all channels that one is in. The arrows walk through what was found, Enter goes there. */
export function SearchPanel() {
  const dispatch = useAppDispatch();
  const narrow = useMedia(NARROW);
  const form = useAppSelector((state) => state.search);
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const channels = useAppSelector((state) => state.channels.channels);
  const names = useMemo(() => new Map(channels.map(({ channel }) => [channel._id, channelName(channel, me)])), [channels, me]);
  const count = filterCount(form);
  const [open, setOpen] = useState(count > 0);
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const query = queryOf(form);
  const { status, results, hasMore, problem, more } = useSearch(query);
  const go = (channelId: string, messageId: string) => {
    if (narrow) dispatch(panelChanged(null));
    dispatch(openMessage(channelId, messageId));
  };
  const change = (part: Partial<SearchForm>) => {
    if (part.senderId || part.channelId) setOpen(true); // so that one sees what was set, and can take it back
    dispatch(searchChanged(part));
  };
  const filters = (
    <IconButton icon="settings" label={count > 0 ? `Filters, ${count} set` : "Filters"} testId="search-filters" aria-expanded={open} onClick={() => setOpen(!open)} />
  );
  return (
    <Panel title="Search" tools={filters}>
      <div className="search-top">
        <SearchField field={field} text={form.text} onChange={change} onDown={(event) => focusAt(list.current, 0, event)} />
        {open && <Filters form={form} names={names} />}
        {count > 0 && (
          <button
            type="button"
            className="link"
            onClick={() => {
              dispatch(searchCleared());
              field.current?.focus(); // the button goes
            }}
          >
            Clear {count} {count === 1 ? "filter" : "filters"}
          </button>
        )}
      </div>
      <div className="search-results" aria-busy={status === "looking"}>
        <p className="only-heard" role="status">{status === "ready" ? said(results.length, hasMore) : ""}</p>
        <ul ref={list} onKeyDown={(event) => walk(event, list.current)} aria-label="What was found">
          {results.map((result) => (
            <li key={result.message._id}>
              <Result result={result} where={names.get(result.message.channelId) ?? ""} onOpen={() => go(result.message.channelId, result.message._id)} />
            </li>
          ))}
        </ul>
        {status === "failed" && <p className="rows-note" role="alert">{problem}</p>}
        {!query && <p className="rows-note">{count > 0 ? "Days alone find nothing. Add words, a person or another filter." : "Search by words or parts of words, or by a filter: a person, a channel, a file."}</p>}
        {status === "ready" && query && results.length === 0 && <p className="rows-note">Nothing was found.</p>}
        {status === "looking" && results.length === 0 && <p className="rows-note">Searching…</p>}
        {hasMore && (
          <Button disabled={status === "looking"} testId="search-more" onClick={more}>
            Show more
          </Button>
        )}
      </div>
    </Panel>
  );
}

const said = (count: number, more: boolean) => (count === 0 ? "Nothing was found." : `${more ? "More than " : ""}${count} found.`);

function focusAt(list: HTMLElement | null, at: number, event: KeyboardEvent): void {
  const all = [...(list?.querySelectorAll<HTMLElement>("button") ?? [])];
  all[Math.max(0, Math.min(all.length - 1, at))]?.focus();
  if (all.length > 0) event.preventDefault();
}

function walk(event: KeyboardEvent, list: HTMLElement | null): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const at = [...(list?.querySelectorAll("button") ?? [])].indexOf(document.activeElement as HTMLButtonElement) + step;
  if (at >= 0) return focusAt(list, at, event);
  list?.closest(".panel")?.querySelector<HTMLElement>("input")?.focus();
  event.preventDefault();
}
