import { useEffect, useRef } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { type Toast, toastClosed } from "../store/sessionSlice";
import { IconButton } from "./Button";

/** Notes that go by themselves, above everything else: a dialog that is open too. */
export function Toasts() {
  const toasts = useAppSelector((state) => state.session.toasts);
  const place = useRef<HTMLDivElement>(null);
  const last = toasts[toasts.length - 1]?.id;
  useEffect(() => {
    place.current?.hidePopover(); // and shown again it is on top
    if (last) place.current?.showPopover();
  }, [last]);
  return (
    <div ref={place} popover="manual" className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <OneToast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function OneToast({ toast }: { toast: Toast }) {
  const dispatch = useAppDispatch();
  useEffect(() => {
    if (toast.stays) return;
    const timer = setTimeout(() => dispatch(toastClosed(toast.id)), 6_000);
    return () => clearTimeout(timer);
  }, [dispatch, toast.id, toast.stays]);
  return (
    <div className={`toast toast-${toast.tone}`}>
      <span>{toast.text}</span>
      <IconButton icon="close" label="Dismiss" onClick={() => dispatch(toastClosed(toast.id))} />
    </div>
  );
}
