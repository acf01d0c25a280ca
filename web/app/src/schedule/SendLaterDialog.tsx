import { ParleyError, uuidv7 } from "@parley/client";
import { useDraft } from "@parley/react";
import { useState } from "react";
import { useServices } from "../services";
import { useAppDispatch } from "../store";
import { toastShown } from "../store/sessionSlice";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TextArea } from "../ui/fields";
import { TitledDialog } from "../ui/TitledDialog";
import { fromField } from "./times";
import { WhenField } from "./WhenField";

interface SendLaterProps {
  channelId: string;
  parentMessageId?: string;
  to: string;
}

/** Sends what is written in a channel or a thread at a time to come. */
export function SendLaterDialog({ channelId, parentMessageId, to }: SendLaterProps) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const [draft, setDraft] = useDraft(channelId, parentMessageId);
  const [text, setText] = useState(draft);
  const [when, setWhen] = useState("");
  const [clientId] = useState(uuidv7);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const at = fromField(when);
  const close = () => dispatch(viewDialogChanged(null));
  const send = async () => {
    if (!at || !text.trim() || busy) return;
    setBusy(true);
    try {
      const thread = parentMessageId ? { parentMessageId } : {};
      await parley.schedule.add({ channelId, message: text.trim(), sendAt: at.toISOString(), confirmChannelMention: true, ...thread }, clientId);
      if (text.trim() === draft.trim()) setDraft("");
      close();
      dispatch(toastShown("It will be sent then. Until then you find it under “Send later”."));
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={() => dispatch(viewDialogChanged({ kind: "scheduled" }))}>What waits</Button>
      <Button type="submit" tone="primary" testId="schedule" disabled={!at || !text.trim() || busy}>
        Send later
      </Button>
    </>
  );
  return (
    <TitledDialog title={`Send later to ${to}`} onClose={close} onSubmit={() => void send()} footer={footer}>
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <TextArea label="Message" testId="scheduled-text" autoFocus rows={4} maxLength={10_000} value={text} onChange={(event) => setText(event.target.value)} />
      <WhenField value={when} onChange={setWhen} />
    </TitledDialog>
  );
}
