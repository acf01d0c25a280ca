import { type OwnStatus, ParleyError, type Status } from "@parley/client";
import { useOwnStatus } from "@parley/react";
import { useState } from "react";
import { clockTime, dayWithin } from "../lib/time";
import { useAppDispatch } from "../store";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { SelectField, Switch, TextField } from "../ui/fields";
import { TitledDialog } from "../ui/TitledDialog";
import { Unsaved } from "../ui/Unsaved";
import { StatusDot } from "./PresenceAvatar";
import { CHOICES, customText, EXPIRIES, type Expiry, expiryTime } from "./words";

const MAX_TEXT = 100;
const PRESETS = ["In a meeting", "Lunch", "Working from home", "On holiday"];

/** How one wants to be seen by others. */
export function StatusDialog() {
  const dispatch = useAppDispatch();
  const { own, update } = useOwnStatus();
  const close = () => dispatch(viewDialogChanged(null));
  if (!own) {
    return (
      <TitledDialog title="Your status" onClose={close}>
        <p className="muted" role="status">Loading…</p>
      </TitledDialog>
    );
  }
  return <Form own={own} update={update} onClose={close} />;
}

interface FormProps {
  own: OwnStatus;
  update: (change: Partial<OwnStatus>) => Promise<void>;
  onClose: () => void;
}

function Form({ own, update, onClose }: FormProps) {
  const [status, setStatus] = useState<Status>(own.status);
  const [text, setText] = useState(customText(own));
  const [expiry, setExpiry] = useState<Expiry | "kept">(own.expiresAt ? "kept" : "never");
  const [privacy, setPrivacy] = useState({ hideLastSeen: own.hideLastSeen, hideTyping: own.hideTyping });
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const before = { status: own.status, text: customText(own), expiry: own.expiresAt ? "kept" : "never", hideLastSeen: own.hideLastSeen, hideTyping: own.hideTyping };
  const changed = JSON.stringify(before) !== JSON.stringify({ status, text, expiry, ...privacy });
  const save = async () => {
    const at = expiry === "kept" ? own.expiresAt : expiryTime(expiry)?.toISOString();
    setBusy(true);
    try {
      await update({ status, customStatus: text.trim(), ...privacy, ...(at ? { expiresAt: at } : {}) });
      onClose();
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" tone="primary" testId="status-save" disabled={busy || text.length > MAX_TEXT}>
        Save
      </Button>
    </>
  );
  return (
    <TitledDialog title="Your status" onClose={onClose} onSubmit={() => void save()} footer={footer}>
      <Unsaved when={changed} />
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <fieldset className="choices">
        <legend className="only-heard">How others see you</legend>
        {CHOICES.map(({ value, label, hint }) => (
          <label key={value} className="choice">
            <input type="radio" name="status" value={value} data-testid={`status-${value}`} checked={status === value} data-autofocus={status === value || undefined} onChange={() => setStatus(value)} />
            <StatusDot status={value} bare />
            <span className="choice-label">{label}</span>
            {hint && <small>{hint}</small>}
          </label>
        ))}
      </fieldset>
      <TextField label="What you are doing" testId="status-text" value={text} maxLength={MAX_TEXT} placeholder="For example: In a meeting" onChange={(event) => setText(event.target.value)} />
      <div className="chips">
        {PRESETS.map((preset) => (
          <button key={preset} type="button" className="chip" onClick={() => setText(preset)}>
            {preset}
          </button>
        ))}
      </div>
      <SelectField
        label="How long"
        testId="status-expiry"
        value={expiry}
        options={own.expiresAt ? [{ value: "kept", label: `Until ${dayWithin(own.expiresAt)}, ${clockTime(own.expiresAt)}` }, ...EXPIRIES] : [...EXPIRIES]}
        onPick={(value) => setExpiry(value as Expiry)}
      />
      <h3 className="form-heading">Privacy</h3>
      <Switch label="Show when I was last here" testId="show-last-seen" on={!privacy.hideLastSeen} onChange={(on) => setPrivacy({ ...privacy, hideLastSeen: !on })} />
      <Switch label="Show when I am typing" testId="show-typing" on={!privacy.hideTyping} onChange={(on) => setPrivacy({ ...privacy, hideTyping: !on })} />
    </TitledDialog>
  );
}
