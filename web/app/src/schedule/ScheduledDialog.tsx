import { ParleyError, type Scheduled } from "@parley/client";
import { useSchedule } from "@parley/react";
import { useState } from "react";
import { channelName } from "../lib/names";
import { clockTime, dayLabel } from "../lib/time";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { attempt } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TextArea } from "../ui/fields";
import { TitledDialog } from "../ui/TitledDialog";
import { fromField, toField } from "./times";
import { WhenField } from "./WhenField";

/** What waits to be sent, and what could not be. */
export function ScheduledDialog() {
  const dispatch = useAppDispatch();
  const { status, messages } = useSchedule();
  const [editing, setEditing] = useState<string | null>(null);
  const note = messages.length > 0 ? null : status === "ready" ? "Nothing waits to be sent. Write something and choose “Send later” beside it." : status === "failed" ? "The list could not be loaded." : "Loading…";
  return (
    <TitledDialog title="Send later" className="dialog-tall" onClose={() => dispatch(viewDialogChanged(null))}>
      {note && <p className="rows-note" role="status">{note}</p>}
      <ul className="scheduled-list">
        {messages.map((message) => (
          <li key={message._id} className="scheduled" data-testid="scheduled">
            {editing === message._id ? <Editing message={message} onDone={() => setEditing(null)} /> : <Waiting message={message} onEdit={() => setEditing(message._id)} />}
          </li>
        ))}
      </ul>
    </TitledDialog>
  );
}

function Waiting({ message, onEdit }: { message: Scheduled; onEdit: () => void }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === message.channelId)?.channel);
  const { sendAt, status, error } = message;
  const when = `${dayLabel(sendAt)}, ${clockTime(sendAt)}`;
  const cancel = () => void dispatch(attempt(() => parley.schedule.cancel(message._id)));
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
      <div className="form-row">
        <Button testId="scheduled-cancel" disabled={status === "sending"} onClick={cancel}>
          {status === "failed" ? "Discard" : "Do not send"}
        </Button>
        <Button testId="scheduled-edit" disabled={status === "sending"} onClick={onEdit}>
          Change
        </Button>
      </div>
    </>
  );
}

function Editing({ message, onDone }: { message: Scheduled; onDone: () => void }) {
  const { parley } = useServices();
  const [text, setText] = useState(message.message);
  const [when, setWhen] = useState(toField(new Date(message.sendAt)));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const at = fromField(when);
  const save = async () => {
    if (!at || !text.trim()) return;
    setBusy(true);
    try {
      await parley.schedule.change(message._id, { message: text.trim(), sendAt: at.toISOString(), confirmChannelMention: true });
      onDone();
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  return (
    <>
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <TextArea label="Message" autoFocus rows={4} maxLength={10_000} value={text} onChange={(event) => setText(event.target.value)} />
      <WhenField value={when} onChange={setWhen} />
      <div className="form-row">
        <Button onClick={onDone}>Back</Button>
        <Button tone="primary" testId="scheduled-save" disabled={!at || !text.trim() || busy} onClick={() => void save()}>
          Save
        </Button>
      </div>
    </>
  );
}
