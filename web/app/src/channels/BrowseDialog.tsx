import { type Channel, ParleyError } from "@parley/client";
import { useEffect, useState } from "react";
import { channelName } from "../lib/names";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { enterChannel, restoreChannel } from "../store/channelThunks";
import { selectChannel } from "../store/thunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TextField } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Tabs } from "../ui/Tabs";
import { TitledDialog } from "../ui/TitledDialog";

type Which = "open" | "archived";
type Found = { channels: Channel[] } | { problem: string } | null;

/** Channels that one may enter, and those that were put away. */
export function BrowseDialog({ tab }: { tab: Which }) {
  const dispatch = useAppDispatch();
  const [which, setWhich] = useState<Which>(tab);
  const [query, setQuery] = useState("");
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const found = useFound(which, query);
  const wanted = query.trim().toLocaleLowerCase();
  const channels = found && "channels" in found ? found.channels.filter((each) => channelName(each, me).toLocaleLowerCase().includes(wanted)) : [];
  const note = found === null ? "Looking…" : "problem" in found ? found.problem : channels.length === 0 ? EMPTY[which] : null;
  return (
    <TitledDialog title="Browse channels" className="dialog-tall" onClose={() => dispatch(viewDialogChanged(null))}>
      <Tabs
        label="Which channels"
        current={which}
        onPick={setWhich}
        tabs={[
          { id: "open", label: "Open to all" },
          { id: "archived", label: "Archived" },
        ]}
      >
        <TextField label="Name" testId="browse-search" value={query} placeholder="Part of a name" onChange={(event) => setQuery(event.target.value)} />
        <ul className="rows">
          {channels.map((channel) => (
            <Row key={channel._id} channel={channel} name={channelName(channel, me)} which={which} />
          ))}
        </ul>
        {note && <p className="rows-note" role="status">{note}</p>}
      </Tabs>
    </TitledDialog>
  );
}

const EMPTY: Record<Which, string> = {
  open: "There is no other channel that you could join.",
  archived: "Nothing is archived.",
};

function Row({ channel, name, which }: { channel: Channel; name: string; which: Which }) {
  const dispatch = useAppDispatch();
  const listed = useAppSelector((state) => state.channels.channels.some((each) => each.channel._id === channel._id));
  const count = channel.participantCount;
  return (
    <li className="row">
      <span className="pane-mark">
        <Icon name={channel.is_private ? "lock" : channel.channelType === "dm" ? "chat" : "hash"} size={16} />
      </span>
      <span className="row-text">
        <strong>{name}</strong>
        <small>
          {count} {count === 1 ? "person" : "people"}
          {channel.description && ` · ${channel.description}`}
        </small>
      </span>
      {which === "open" && (
        <Button testId={`join-${channel._id}`} aria-label={`Join ${name}`} onClick={() => void dispatch(enterChannel(channel._id))}>
          Join
        </Button>
      )}
      {which === "archived" && listed && (
        <Button
          aria-label={`Read ${name}`}
          onClick={() => {
            dispatch(viewDialogChanged(null));
            dispatch(selectChannel(channel._id));
          }}
        >
          Read
        </Button>
      )}
      {which === "archived" && (
        <Button testId={`restore-${channel._id}`} aria-label={`Restore ${name}`} onClick={() => void dispatch(restoreChannel(channel._id))}>
          Restore
        </Button>
      )}
    </li>
  );
}

function useFound(which: Which, query: string): Found {
  const { parley } = useServices();
  const [found, setFound] = useState<Found>(null);
  const asked = which === "open" ? query.trim() : ""; // archived ones are few and filtered here
  useEffect(() => {
    let current = true;
    const look = () =>
      (which === "open" ? parley.manage.open(asked) : parley.manage.archived()).then(
        (channels) => current && setFound({ channels }),
        (problem: unknown) => current && setFound({ problem: ParleyError.of(problem).message }),
      );
    const timer = setTimeout(() => void look(), asked ? 120 : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [parley, which, asked]);
  return found;
}
