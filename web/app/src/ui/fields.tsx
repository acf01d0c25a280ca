import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useEffect, useId, useState } from "react";

interface Labelled {
  label: string;
  hint?: ReactNode;
  testId?: string;
}

/** The focus at the beginning, in a dialog too. */
export const autoFocused = (on = false) => (on ? { autoFocus: true, "data-autofocus": true } : {});

export function TextField({ label, hint, testId, autoFocus, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} data-testid={testId} aria-describedby={hint ? `${id}-hint` : undefined} autoComplete="off" {...autoFocused(autoFocus)} {...rest} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

export function TextArea({ label, hint, testId, autoFocus, ...rest }: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} data-testid={testId} aria-describedby={hint ? `${id}-hint` : undefined} rows={3} {...autoFocused(autoFocus)} {...rest} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

interface SelectFieldProps extends Labelled, Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange"> {
  options: { value: string; label: string }[];
  onPick: (value: string) => void;
}

export function SelectField({ label, hint, testId, options, onPick, ...rest }: SelectFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} data-testid={testId} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onPick(event.target.value)} {...rest}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

interface SwitchProps extends Labelled {
  on: boolean;
  disabled?: boolean;
  /** What comes of it; false when it stays as it was. */
  onChange: (on: boolean) => void | Promise<boolean>;
}

/** On or off, shown at once, and taken back when it did not come about. */
export function Switch({ label, hint, testId, on, disabled = false, onChange }: SwitchProps) {
  const id = useId();
  const [shown, setShown] = useState(on);
  useEffect(() => setShown(on), [on]);
  const change = (wanted: boolean) => {
    setShown(wanted);
    void Promise.resolve(onChange(wanted)).then((done) => done === false && setShown(!wanted));
  };
  return (
    <label className="switch" htmlFor={id}>
      <span>
        <span className="switch-label">{label}</span>
        {hint && <small id={`${id}-hint`}>{hint}</small>}
      </span>
      <input
        id={id}
        type="checkbox"
        role="switch"
        data-testid={testId}
        checked={shown}
        disabled={disabled}
        aria-label={label}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => change(event.target.checked)}
      />
    </label>
  );
}
