import { TextField } from "../ui/fields";
import { fromField, presets, toField } from "./times";

interface WhenFieldProps {
  value: string;
  onChange: (value: string) => void;
}

/** A time to come, chosen or typed. */
export function WhenField({ value, onChange }: WhenFieldProps) {
  return (
    <>
      <div className="chips">
        {presets().map(({ label, at }) => (
          <button key={label} type="button" className="chip" aria-pressed={value === toField(at)} onClick={() => onChange(toField(at))}>
            {label}
          </button>
        ))}
      </div>
      <TextField
        label="When"
        type="datetime-local"
        testId="send-at"
        value={value}
        min={toField(new Date())}
        aria-invalid={value !== "" && fromField(value) === null}
        hint={value !== "" && fromField(value) === null ? "This time has passed." : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </>
  );
}
