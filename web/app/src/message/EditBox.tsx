import type { Message } from "@parley/client";
import { useCallback, useEffect, useState } from "react";
import { Editor } from "../composer/Editor";
import { namedNow, rememberPeople } from "../composer/people";
import { useUnfinished } from "../lib/unfinished";
import { useAppDispatch } from "../store";
import { editingChanged } from "../store/communicationSlice";
import { edit } from "../store/messageThunks";
import { messageDialogChanged } from "../store/panelSlice";
import { useServices } from "../services";
import { Button } from "../ui/Button";
import { NotifyDialog, needsConfirming } from "../composer/NotifyDialog";
import { useConversation } from "./context";

/** A message of one's own while it is being changed. Nothing left of it means that it is to be deleted. */
export function EditBox({ message }: { message: Message }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const { channel } = useConversation();
  const [text, setText, letGo] = useUnfinished(`edit:${message._id}`, message.message);
  const [asking, setAsking] = useState(false);
  const place = message.parentMessageId ?? message.channelId;
  const compose = useCallback(() => document.querySelector<HTMLElement>(`[data-composer="${place}"]`)?.focus(), [place]);
  const close = () => {
    letGo();
    dispatch(editingChanged(null));
    compose();
  };
  // When it goes with the message, it does not take the focus with it.
  useEffect(() => () => void (document.activeElement === document.body && compose()), [compose]);
  const submit = (confirmed = false) => {
    const words = text.trim();
    if (!words && !message.quote) return void dispatch(messageDialogChanged({ kind: "delete", message }));
    if (!confirmed && !message.mentionsChannel && needsConfirming(words, channel)) return setAsking(true);
    setAsking(false);
    rememberPeople(channel._id, message.mentioned);
    void dispatch(edit(message, words, namedNow(parley, channel, words), confirmed)).then((done) => done && close());
  };
  return (
    <div className="edit-box">
      <Editor label="Edit the message" channel={channel} value={text} onChange={setText} onSubmit={() => submit()} onCancel={close} testId="edit-field" autoFocus />
      <div className="edit-actions">
        <small className="muted only-hover">Esc to cancel, Enter to save</small>
        <Button onClick={close}>Cancel</Button>
        <Button tone="primary" testId="edit-save" onClick={() => submit()}>
          Save
        </Button>
      </div>
      {asking && <NotifyDialog channel={channel} onCancel={() => setAsking(false)} onConfirm={() => submit(true)} />}
    </div>
  );
}
