import { useState } from "react";
import { usePeople } from "../lib/usePeople";
import { useAppDispatch } from "../store";
import { type SearchForm, searchChanged } from "../store/searchSlice";
import { SelectField, TextField } from "../ui/fields";

interface FiltersProps {
  form: SearchForm;
  /** The channels that one is in. */
  names: ReadonlyMap<string, string>;
}

const FLAGS = [
  { flag: "hasFile", label: "Has a file" },
  { flag: "hasLink", label: "Has a link" },
  { flag: "inThread", label: "In a thread" },
  { flag: "isPinned", label: "Pinned" },
] as const;

/** Where, by whom, when, and with what. */
export function Filters({ form, names }: FiltersProps) {
  const dispatch = useAppDispatch();
  const set = (change: Partial<SearchForm>) => dispatch(searchChanged(change));
  const channels = [...names].sort(([, a], [, b]) => a.localeCompare(b)).map(([value, label]) => ({ value, label }));
  return (
    <div className="search-filters">
      <SelectField label="Channel" testId="filter-channel" value={form.channelId} options={[{ value: "", label: "All" }, ...channels]} onPick={(channelId) => set({ channelId })} />
      <PersonFilter form={form} onPick={set} />
      <TextField label="From" type="date" testId="filter-from" value={form.from} max={form.until || undefined} onChange={(event) => set({ from: event.target.value })} />
      <TextField label="Until" type="date" testId="filter-until" value={form.until} min={form.from || undefined} onChange={(event) => set({ until: event.target.value })} />
      <div className="chips search-flags">
        {FLAGS.map(({ flag, label }) => (
          <button key={flag} type="button" className="chip" data-testid={`filter-${flag}`} aria-pressed={form[flag]} onClick={() => set({ [flag]: !form[flag] })}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}

/** One person, by a part of their name. */
function PersonFilter({ form: { senderId, senderName }, onPick }: { form: SearchForm; onPick: (change: Partial<SearchForm>) => void }) {
  const [query, setQuery] = useState("");
  const found = usePeople(query);
  const people = found && "users" in found ? found.users : [];
  const name = senderId ? senderName : query;
  const change = (text: string) => {
    const person = people.find((each) => each.name === text);
    setQuery(person ? "" : text);
    onPick({ senderId: person?._id ?? "", senderName: person?.name ?? "" });
  };
  return (
    <>
      <TextField label="Person" testId="filter-person" list="search-people" placeholder="Anyone" value={name} onChange={(event) => change(event.target.value)} />
      <datalist id="search-people">
        {people.map(({ _id, name: label }) => (
          <option key={_id} value={label} />
        ))}
      </datalist>
    </>
  );
}
