import { type Channel, ParleyError, uuidv7 } from "@parley/client";
import { useDraft } from "@parley/react";
import { useState } from "react";
import { NotifyDialog, needsConfirming } from "../composer/NotifyDialog";
import { QuotedLine } from "../composer/QuotedLine";
import { namedNow } from "../composer/people";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { quotingChanged } from "../store/communicationSlice";
import { toastShown } from "../store/sessionSlice";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TitledDialog } from "../ui/TitledDialog";
import { LaterField } from "./LaterField";
import { fromField } from "./times";
import { WhenField } from "./WhenField";

interface SendLaterProps {
  channel: Channel;
  parentMessageId?: string;
  to: string;
}

/** Sends what is written in a channel or a thread at a time to come, with whom it names and what it quotes. */
export function SendLaterDialog({ channel, parentMessageId, to }: SendLaterProps) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const place = parentMessageId ?? channel._id;
  const quoted = useAppSelector((state) => state.communications.quoting[place] ?? null);
  const [text, setText] = useDraft(channel._id, parentMessageId); // what is not sent stays in the channel's field
  const [when, setWhen] = useState("");
  const [clientId] = useState(uuidv7);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const at = fromField(when);
  const words = text.trim();
  const something = words !== "" || quoted !== null;
  const close = () => dispatch(viewDialogChanged(null));
  const send = async (confirmChannelMention = false) => {
    if (!something || busy) return;
    if (!at) return setProblem("Choose when it is to be sent.");
    if (!confirmChannelMention && needsConfirming(words, channel)) return setAsking(true);
    setAsking(false);
    setBusy(true);
    try {
      const mentions = namedNow(parley, channel, words).map(({ _id }) => _id);
      const more = { ...(parentMessageId ? { parentMessageId } : {}), ...(quoted ? { quoteMessageId: quoted._id } : {}) };
      await parley.schedule.add({ channelId: channel._id, message: words, mentions, confirmChannelMention, sendAt: at.toISOString(), ...more }, clientId);
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      return setBusy(false);
    }
    setText("");
    if (quoted) dispatch(quotingChanged({ place, message: null }));
    close();
    dispatch(toastShown("It will be sent then. Until then it is among your scheduled messages."));
  };
  const footer = (
    <>
      <Button onClick={() => dispatch(viewDialogChanged({ kind: "scheduled" }))}>Scheduled messages</Button>
      <Button type="submit" tone="primary" testId="schedule" disabled={!at || !something || busy}>
        Send later
      </Button>
    </>
  );
  return (
    <TitledDialog title={`Send later to ${to}`} onClose={close} onSubmit={() => void send()} footer={footer}>
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      {quoted && <QuotedLine message={quoted} onDrop={() => dispatch(quotingChanged({ place, message: null }))} />}
      <LaterField channel={channel} testId="scheduled-text" value={text} onChange={setText} onSubmit={() => void send()} />
      <WhenField
        value={when}
        onChange={(next) => {
          setWhen(next);
          setProblem("");
        }}
      />
      {asking && <NotifyDialog channel={channel} onCancel={() => setAsking(false)} onConfirm={() => void send(true)} />}
    </TitledDialog>
  );
}
