import type { User } from "@parley/client";
import { useRoster } from "@parley/react";
import { useState } from "react";
import { useAppDispatch } from "../store";
import { addPeople } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TitledDialog } from "../ui/TitledDialog";
import { Unsaved } from "../ui/Unsaved";
import { PeoplePicker } from "./PeoplePicker";

/** Adds people to a channel. */
export function AddPeopleDialog({ channelId, name }: { channelId: string; name: string }) {
  const dispatch = useAppDispatch();
  const { members } = useRoster(channelId);
  const [people, setPeople] = useState<User[]>([]);
  const [busy, setBusy] = useState(false);
  const close = () => dispatch(viewDialogChanged(null));
  const add = async () => {
    if (people.length === 0 || busy) return;
    setBusy(true);
    if (await dispatch(addPeople(channelId, people.map(({ _id }) => _id)))) close();
    else setBusy(false);
  };
  const footer = (
    <>
      <Button onClick={close}>Cancel</Button>
      <Button type="submit" tone="primary" testId="add-people" disabled={people.length === 0 || busy}>
        {people.length > 1 ? `Add ${people.length} people` : "Add"}
      </Button>
    </>
  );
  return (
    <TitledDialog title={`Add people to ${name}`} onClose={close} onSubmit={() => void add()} footer={footer}>
      <Unsaved when={people.length > 0} />
      <PeoplePicker label="People" picked={people} onChange={setPeople} without={members.map(({ userId }) => userId)} autoFocus />
    </TitledDialog>
  );
}
