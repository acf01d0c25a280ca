import type { FormEvent, ReactNode } from "react";
import { Button, IconButton } from "./Button";
import { Dialog } from "./Dialog";

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

/** A dialog with a title, a body that scrolls, and its buttons. */
export function TitledDialog({ title, className = "", onClose, children, footer, onSubmit }: TitledDialogProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <Dialog label={title} className={`titled ${className}`} onClose={onClose}>
      <form className="titled-form" onSubmit={submit} noValidate>
        <header className="titled-head">
          <h2>{title}</h2>
          <IconButton icon="close" label="Close" testId="dialog-close" onClick={onClose} />
        </header>
        <div className="titled-body">{children}</div>
        {footer && <footer className="titled-foot">{footer}</footer>}
      </form>
    </Dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that others notice or that is hard to undo. */
export function Confirm({ title, text, action, danger = false, busy = false, onConfirm, onClose }: ConfirmProps) {
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
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
