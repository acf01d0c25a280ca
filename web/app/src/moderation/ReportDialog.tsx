import { ParleyError, type ReportReason } from "@parley/client";
import { useState } from "react";
import { useServices } from "../services";
import { useAppDispatch } from "../store";
import { toastShown } from "../store/sessionSlice";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { TextArea } from "../ui/fields";
import { TitledDialog } from "../ui/TitledDialog";
import { Unsaved } from "../ui/Unsaved";
import { REASONS } from "./reportWords";

const MAX_DETAILS = 500;

/** Tells those who moderate of a message. */
export function ReportDialog({ messageId, name }: { messageId: string; name: string }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const [reason, setReason] = useState<ReportReason>("harassment");
  const [details, setDetails] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const close = () => dispatch(viewDialogChanged(null));
  const send = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await parley.moderation.report(messageId, reason, details.trim());
      close();
      dispatch(toastShown("Reported. A moderator will look at it."));
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={close}>Cancel</Button>
      <Button type="submit" tone="danger" testId="report-send" disabled={busy}>
        Report
      </Button>
    </>
  );
  return (
    <TitledDialog title="Report a message" className="dialog-small" onClose={close} onSubmit={() => void send()} footer={footer}>
      <Unsaved when={details.trim() !== ""} />
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <p className="muted">Those who moderate see the message and who reported it. {name} is not told.</p>
      <fieldset className="choices">
        <legend className="only-heard">Why</legend>
        {REASONS.map(({ value, label }) => (
          <label key={value} className="choice">
            <input type="radio" name="reason" data-testid={`reason-${value}`} checked={reason === value} data-autofocus={reason === value || undefined} onChange={() => setReason(value)} />
            <span className="choice-label">{label}</span>
          </label>
        ))}
      </fieldset>
      <TextArea label="What they should know" testId="report-details" maxLength={MAX_DETAILS} rows={2} value={details} onChange={(event) => setDetails(event.target.value)} />
    </TitledDialog>
  );
}
