import type { User } from "@parley/client";
import { useState } from "react";
import { roleLabel } from "../lib/names";
import { type Found, usePeople } from "../lib/usePeople";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { useAppDispatch, useAppSelector } from "../store";
import { dialogChanged } from "../store/sessionSlice";
import { openDirect } from "../store/thunks";
import { Dialog } from "../ui/Dialog";
import { PickList } from "../ui/PickList";

/** Finds a person to write to. */
export function PeopleDialog() {
  const dispatch = useAppDispatch();
  const me = useAppSelector((state) => state.session.ready?.user._id);
  const [query, setQuery] = useState("");
  const found = usePeople(query);
  const users = found && "users" in found ? found.users.filter((user) => user._id !== me) : [];
  const picks = users.map((user) => ({ id: user._id, testId: `person-${user._id}`, content: <Person user={user} /> }));
  return (
    <Dialog label="New direct message" onClose={() => dispatch(dialogChanged(null))}>
      <PickList
        label="Find a person"
        placeholder="Who do you want to write to?"
        query={query}
        onQuery={setQuery}
        picks={picks}
        onPick={(id) => void dispatch(openDirect(id))}
        note={noteOf(found, users.length, query)}
      />
    </Dialog>
  );
}

function noteOf(found: Found, count: number, query: string): string | null {
  if (found === null) return "Looking…";
  if ("problem" in found) return found.problem;
  if (count > 0) return null;
  return query ? `Nobody is called “${query}”.` : "There is nobody else here yet.";
}

export function Person({ user }: { user: User }) {
  return (
    <span className="person">
      <PresenceAvatar id={user._id} name={user.name} url={user.avatarUrl} size="s" />
      <span className="person-name">{user.name}</span>
      <small>{roleLabel(user)}</small>
    </span>
  );
}
