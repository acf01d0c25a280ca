import { useEffect } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { type Toast, toastClosed } from "../store/sessionSlice";
import { IconButton } from "./Button";

export function Toasts() {
  const toasts = useAppSelector((state) => state.session.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <OneToast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function OneToast({ toast }: { toast: Toast }) {
  const dispatch = useAppDispatch();
  useEffect(() => {
    const timer = setTimeout(() => dispatch(toastClosed(toast.id)), 6_000);
    return () => clearTimeout(timer);
  }, [dispatch, toast.id]);
  return (
    <div className={`toast toast-${toast.tone}`}>
      <span>{toast.text}</span>
      <IconButton icon="close" label="Dismiss" onClick={() => dispatch(toastClosed(toast.id))} />
    </div>
  );
}
