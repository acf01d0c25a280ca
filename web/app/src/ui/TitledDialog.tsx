import { type FormEvent, type ReactNode, useState } from "react";
import { Button, IconButton } from "./Button";
import { Dialog } from "./Dialog";
import { Held } from "./Unsaved";

interface TitledDialogProps {
  title: string;
  className?: string;
  onClose: () => void;
  children: ReactNode;
  /** Below a line: what closes it, and what it is for. */
  footer?: ReactNode;
  /** Makes it a form. */
  onSubmit?: () => void;
}

/** A dialog with a title, a body that scrolls, and its buttons. With something unsaved in it, it asks before it closes. */
export function TitledDialog({ title, className = "", onClose, children, footer, onSubmit }: TitledDialogProps) {
  const [held] = useState(() => new Set<object>());
  const [asking, setAsking] = useState(false);
  const close = () => (held.size > 0 ? setAsking(true) : onClose());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <>
      <Dialog label={title} className={`titled ${className}`} onClose={close}>
        <form className="titled-form" onSubmit={submit} noValidate>
          <header className="titled-head">
            <h2>{title}</h2>
            <IconButton icon="close" label="Close" testId="dialog-close" onClick={close} />
          </header>
          <div className="titled-body">
            <Held value={held}>{children}</Held>
          </div>
          {footer && <footer className="titled-foot">{footer}</footer>}
        </form>
      </Dialog>
      {asking && (
        <Confirm
          title="Discard what you changed?"
          text="It is not saved yet."
          action="Discard"
          cancel="Go on editing"
          danger
          onConfirm={onClose}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  cancel?: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that others notice or that is hard to undo. */
export function Confirm({ title, text, action, cancel = "Cancel", danger = false, busy = false, onConfirm, onClose }: ConfirmProps) {
  const footer = (
    <>
      <Button onClick={onClose} data-autofocus={danger || undefined}>{cancel}</Button>
      <Button type="submit" tone={danger ? "danger" : "primary"} testId="confirm" disabled={busy}>
        {action}
      </Button>
    </>
  );
  return (
    <TitledDialog title={title} className="dialog-small" onClose={onClose} onSubmit={onConfirm} footer={footer}>
      <p className="muted">{text}</p>
    </TitledDialog>
  );
}
