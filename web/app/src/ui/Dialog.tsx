import { type ReactNode, useEffect, useRef } from "react";

interface DialogProps {
  label: string;
  className?: string;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A modal dialog: the browser keeps the focus inside, and closes it on Esc; the focus goes back where it was. It begins at
 * what has data-autofocus in it: a browser does not focus what is not shown yet, so autoFocus comes too early.
 */
export function Dialog({ label, className = "", onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    const dialog = element.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => {
      dialog?.close();
      // It is out of the page by now, so the browser does not give the focus back.
      if (document.activeElement === document.body && opener?.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={`dialog ${className}`}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented || event.nativeEvent.isComposing) return;
        event.preventDefault(); // the browser lets itself be kept from closing it only every other time
        onClose();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === element.current && onClose()}
    >
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
