import { type Channel, ParleyError, type Scheduled } from "@parley/client";
import { useState } from "react";
import { NotifyDialog, needsConfirming } from "../composer/NotifyDialog";
import { namedNow } from "../composer/people";
import { useServices } from "../services";
import { Button } from "../ui/Button";
import { Unsaved } from "../ui/Unsaved";
import { LaterField } from "./LaterField";
import { changeOf } from "./change";
import { fromField, toField } from "./times";
import { WhenField } from "./WhenField";

interface EditingProps {
  channel: Channel;
  message: Scheduled;
  onDone: () => void;
}

/** A message that waits, while its words or its time are changed. */
export function Editing({ channel, message, onDone }: EditingProps) {
  const { parley } = useServices();
  const [text, setText] = useState(message.message);
  const [when, setWhen] = useState(toField(new Date(message.sendAt)));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const at = fromField(when);
  const words = text.trim();
  const something = words !== "" || message.quoteMessageId !== "";
  const save = async (confirmed = message.confirmChannelMention) => {
    if (!at || !something || busy) return;
    if (!confirmed && needsConfirming(words, channel)) return setAsking(true);
    setAsking(false);
    setBusy(true);
    try {
      await parley.schedule.change(message._id, changeOf(message, words, at, namedNow(parley, channel, words), confirmed));
      onDone();
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  const changed = text !== message.message || when !== toField(new Date(message.sendAt));
  return (
    <>
      <Unsaved when={changed} />
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <LaterField channel={channel} testId="scheduled-words" value={text} onChange={setText} onSubmit={() => void save()} {...(changed ? {} : { onCancel: onDone })} />
      <WhenField value={when} onChange={setWhen} />
      <div className="form-row">
        <Button onClick={onDone}>Back</Button>
        <Button tone="primary" testId="scheduled-save" disabled={!at || !something || busy} onClick={() => void save()}>
          Save
        </Button>
      </div>
      {asking && <NotifyDialog channel={channel} onCancel={() => setAsking(false)} onConfirm={() => void save(true)} />}
    </>
  );
}
