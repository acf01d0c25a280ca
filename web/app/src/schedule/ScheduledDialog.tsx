import type { Channel, Scheduled } from "@parley/client";
import { useSchedule } from "@parley/react";
import { useState } from "react";
import { channelName } from "../lib/names";
import { clockTime, dayLabel } from "../lib/time";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { attempt } from "../store/channelThunks";
import { toastShown } from "../store/sessionSlice";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TitledDialog } from "../ui/TitledDialog";
import { Editing } from "./Editing";

/** What waits to be sent, and what could not be. */
export function ScheduledDialog() {
  const dispatch = useAppDispatch();
  const { status, messages } = useSchedule();
  const [editing, setEditing] = useState<string | null>(null);
  const note = messages.length > 0 ? null : status === "ready" ? "Nothing waits to be sent. Write something and choose the clock beside it." : status === "failed" ? "The list could not be loaded." : "Loading…";
  return (
    <TitledDialog title="Scheduled messages" className="dialog-tall" onClose={() => dispatch(viewDialogChanged(null))}>
      {note && <p className="rows-note" role="status">{note}</p>}
      <ul className="scheduled-list">
        {messages.map((message) => (
          <li key={message._id} className="scheduled" data-testid="scheduled">
            <One message={message} editing={editing === message._id} onEdit={(on) => setEditing(on ? message._id : null)} />
          </li>
        ))}
      </ul>
    </TitledDialog>
  );
}

function One({ message, editing, onEdit }: { message: Scheduled; editing: boolean; onEdit: (on: boolean) => void }) {
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === message.channelId)?.channel);
  if (editing && channel) return <Editing channel={channel} message={message} onDone={() => onEdit(false)} />;
  return <Waiting channel={channel} message={message} onEdit={() => onEdit(true)} />;
}

function Waiting({ channel, message, onEdit }: { channel: Channel | undefined; message: Scheduled; onEdit: () => void }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const { sendAt, status, error } = message;
  const when = `${dayLabel(sendAt)}, ${clockTime(sendAt)}`;
  const cancel = async () => {
    const { _id, channelId, parentMessageId, message: words } = message;
    if (!(await dispatch(attempt(() => parley.schedule.cancel(_id)))) || status === "failed") return;
    const { drafts } = parley.chat;
    if (!channel || drafts?.get(channelId, parentMessageId) !== "") return;
    drafts.set(channelId, parentMessageId, words);
    dispatch(toastShown(`It is not sent. Its words are in the field of ${channelName(channel, me)} again.`));
  };
  return (
    <>
      <p className="scheduled-head">
        <strong>{status === "failed" ? "Not sent" : when}</strong>
        <span className="muted">
          {channel ? `to ${channelName(channel, me)}` : "to a channel that you are not in any more"}
          {message.parentMessageId && ", in a thread"}
        </span>
      </p>
      {error && <p className="form-problem">{error}</p>}
      <p className="about-text">{message.message}</p>
      {message.quoteMessageId && <p className="muted">With the message that it quotes</p>}
      <div className="form-row">
        <Button testId="scheduled-cancel" disabled={status === "sending"} onClick={() => void cancel()}>
          {status === "failed" ? "Discard" : "Do not send"}
        </Button>
        {channel && (
          <Button testId="scheduled-edit" disabled={status === "sending"} onClick={onEdit}>
            Change
          </Button>
        )}
      </div>
    </>
  );
}
