import { useState } from "react";
import { useServices } from "../services";
import { useAppDispatch } from "../store";
import { attempt } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TitledDialog } from "../ui/TitledDialog";

const SPANS = [
  { seconds: 600, label: "For 10 minutes" },
  { seconds: 3_600, label: "For an hour" },
  { seconds: 86_400, label: "For a day" },
  { seconds: 604_800, label: "For a week" },
];

/** Keeps a member from writing in a channel for a time. */
export function SilenceDialog({ channelId, userId, name }: { channelId: string; userId: string; name: string }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const [seconds, setSeconds] = useState(3_600);
  const close = () => dispatch(viewDialogChanged(null));
  const silence = async () => {
    if (await dispatch(attempt(() => parley.moderation.silence(channelId, userId, seconds)))) close();
  };
  const footer = (
    <>
      <Button onClick={close}>Cancel</Button>
      <Button type="submit" tone="danger" testId="silence">
        Silence
      </Button>
    </>
  );
  return (
    <TitledDialog title={`Silence ${name}?`} className="dialog-small" onClose={close} onSubmit={() => void silence()} footer={footer}>
      <p className="muted">They can read, and neither write nor react in this channel. All its members can see that.</p>
      <fieldset className="choices">
        <legend className="only-heard">How long</legend>
        {SPANS.map((span) => (
          <label key={span.seconds} className="choice">
            <input type="radio" name="seconds" checked={seconds === span.seconds} onChange={() => setSeconds(span.seconds)} />
            <span className="choice-label">{span.label}</span>
          </label>
        ))}
      </fieldset>
    </TitledDialog>
  );
}
