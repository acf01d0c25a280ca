import { useBlocks } from "@parley/react";
import { useServices } from "../services";
import { useAppDispatch } from "../store";
import { attempt } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { TitledDialog } from "../ui/TitledDialog";

/** Whom one hears nothing of. */
export function BlocksDialog() {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const people = useBlocks();
  return (
    <TitledDialog title="Blocked people" onClose={() => dispatch(viewDialogChanged(null))}>
      <p className="muted">Their direct messages and calls do not reach you. They are not told.</p>
      <ul className="rows">
        {people.map((person) => (
          <li key={person._id} className="row" data-testid={`blocked-${person._id}`}>
            <Avatar id={person._id} name={person.name} url={person.avatarUrl} size="m" />
            <span className="row-text">
              <strong>{person.name}</strong>
            </span>
            <Button aria-label={`Unblock ${person.name}`} onClick={() => void dispatch(attempt(() => parley.moderation.blocks.set(person._id, false)))}>
              Unblock
            </Button>
          </li>
        ))}
      </ul>
      {people.length === 0 && <p className="rows-note">You block nobody.</p>}
    </TitledDialog>
  );
}
