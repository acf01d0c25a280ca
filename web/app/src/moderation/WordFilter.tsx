import { type ChannelType, ParleyError, type WordList } from "@parley/client";
import { useEffect, useState } from "react";
import { useServices } from "../services";
import { useAppDispatch } from "../store";
import { toastShown } from "../store/sessionSlice";
import { Button } from "../ui/Button";
import { SelectField, TextArea } from "../ui/fields";
import { Unsaved } from "../ui/Unsaved";

const TYPES: { value: ChannelType; label: string }[] = [
  { value: "general", label: "General" },
  { value: "project", label: "Projects" },
  { value: "department", label: "Departments" },
  { value: "dm", label: "Direct messages" },
];

const ACTIONS = [
  { value: "block", label: "Refuse the message" },
  { value: "mask", label: "Mask the words" },
  { value: "flag", label: "Send it, and report it to moderators" },
];

const MAX_LISTS = 20;

/** Words that are not wanted, and what becomes of messages that have them. */
export function WordFilter() {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const [saved, setSaved] = useState<WordList[] | null>(null);
  const [lists, setLists] = useState(saved);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let current = true;
    parley.moderation.words().then(
      (answer) => current && setSaved(answer.lists),
      (error: unknown) => current && setProblem(ParleyError.of(error).message),
    );
    return () => {
      current = false;
    };
  }, [parley]);
  useEffect(() => setLists(saved), [saved]);
  if (!lists) return <p className="rows-note" role={problem ? "alert" : "status"}>{problem || "Loading…"}</p>;
  const change = (at: number, list: Partial<WordList>) => setLists(lists.map((each, index) => (index === at ? { ...each, ...list } : each)));
  const save = async () => {
    setBusy(true);
    setProblem("");
    try {
      setSaved((await parley.moderation.setWords(lists.map(trimmed).filter(({ words }) => words.length > 0))).lists);
      dispatch(toastShown("Saved. It holds everywhere within some seconds."));
    } catch (error) {
      setProblem(ParleyError.of(error).message);
    }
    setBusy(false);
  };
  return (
    <>
      <Unsaved when={lists !== saved} />
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <p className="muted">One word or phrase a line. A * at the end also finds longer words that begin so.</p>
      <ul className="scheduled-list">
        {lists.map((list, index) => (
          <li key={index} className="scheduled" data-testid="word-list">
            <List list={list} onChange={(now) => change(index, now)} onRemove={() => setLists(lists.filter((_, at) => at !== index))} />
          </li>
        ))}
      </ul>
      {lists.length === 0 && <p className="rows-note" role="status">No words are filtered.</p>}
      <div className="form-row">
        <Button icon="plus" testId="add-words" disabled={lists.length >= MAX_LISTS} onClick={() => setLists([...lists, { channelTypes: TYPES.map(({ value }) => value), action: "mask", words: [] }])}>
          Add a list
        </Button>
        <Button tone="primary" testId="save-words" disabled={busy || lists === saved || lists.some(({ channelTypes }) => channelTypes.length === 0)} onClick={() => void save()}>
          Save
        </Button>
      </div>
    </>
  );
}

const trimmed = (list: WordList): WordList => ({ ...list, words: list.words.map((word) => word.trim()).filter(Boolean) });

interface ListProps {
  list: WordList;
  onChange: (change: Partial<WordList>) => void;
  onRemove: () => void;
}

function List({ list, onChange, onRemove }: ListProps) {
  const toggle = (type: ChannelType) => {
    const others = list.channelTypes.filter((each) => each !== type);
    onChange({ channelTypes: others.length < list.channelTypes.length ? others : [...others, type] });
  };
  return (
    <>
      <div className="chips" role="group" aria-label="Where">
        {TYPES.map(({ value, label }) => (
          <button key={value} type="button" className="chip" aria-pressed={list.channelTypes.includes(value)} onClick={() => toggle(value)}>
            {label}
          </button>
        ))}
      </div>
      <SelectField label="What becomes of it" value={list.action} options={ACTIONS} onPick={(action) => onChange({ action: action as WordList["action"] })} />
      <TextArea label="Words" testId="words" rows={4} value={list.words.join("\n")} onChange={(event) => onChange({ words: event.target.value.split("\n") })} />
      <div className="form-row">
        <Button onClick={onRemove}>Remove the list</Button>
      </div>
    </>
  );
}
