import type { User } from "@parley/client";
import { type KeyboardEvent, useId, useState } from "react";
import { roleLabel } from "../lib/names";
import { usePeople } from "../lib/usePeople";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { autoFocused } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Option } from "../ui/Option";

interface PeoplePickerProps {
  label: string;
  picked: User[];
  onChange: (picked: User[]) => void;
  /** Who is not offered. */
  without?: readonly string[];
  /** As many as can be picked. */
  most?: number;
  autoFocus?: boolean;
}

/** Picks several people by name. Backspace in the empty field takes the last one out again. */
export function PeoplePicker({ label, picked, onChange, without = [], most = 100, autoFocus = false }: PeoplePickerProps) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const found = usePeople(query);
  const hidden = new Set([...without, ...picked.map(({ _id }) => _id)]);
  const users = (found && "users" in found ? found.users : []).filter(({ _id }) => !hidden.has(_id)).slice(0, 6);
  const current = Math.min(at, users.length - 1);
  const open = query.trim() !== "" && picked.length < most;
  const pick = (user: User | undefined) => {
    if (!user) return;
    onChange([...picked, user]);
    setQuery("");
    setAt(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Backspace" && query === "" && picked.length > 0) return onChange(picked.slice(0, -1));
    if (event.key === "Escape" && open) setQuery("");
    else if (event.key === "ArrowDown") setAt(Math.min(users.length - 1, current + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, current - 1));
    else if (event.key === "Enter" && open) pick(users[current]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="people-picker">
        {picked.map((user) => (
          <span key={user._id} className="picked">
            {user.name}
            <button type="button" aria-label={`Remove ${user.name}`} onClick={() => onChange(picked.filter(({ _id }) => _id !== user._id))}>
              <Icon name="close" size={12} />
            </button>
          </span>
        ))}
        <input
          id={id}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-activedescendant={open && users[current] ? `${id}-${current}` : undefined}
          data-testid="people-picker"
          {...autoFocused(autoFocus)}
          autoComplete="off"
          spellCheck={false}
          placeholder={picked.length === 0 ? "Type a name" : ""}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      {open && (
        <ul className="picker-list" role="listbox" id={`${id}-list`} aria-label={label}>
          {users.map((user, index) => (
            <Option key={user._id} id={`${id}-${index}`} selected={index === current} testId={`pick-${user._id}`} onPoint={() => setAt(index)} onPick={() => pick(user)}>
              <span className="person">
                <PresenceAvatar id={user._id} name={user.name} url={user.avatarUrl} size="s" />
                <span className="person-name">{user.name}</span>
                <small>{roleLabel(user)}</small>
              </span>
            </Option>
          ))}
          {users.length === 0 && <li className="picker-note">{found === null ? "Looking…" : "problem" in found ? found.problem : "Nobody is called that."}</li>}
        </ul>
      )}
    </div>
  );
}
