import { useAppDispatch } from "../store";
import { selectChannel } from "../store/thunks";
import { IconButton } from "../ui/Button";
import { MessagesSkeleton } from "./Beginning";

/** What stands where a channel will be, as long as it is not known which there are. */
export function PaneSkeleton() {
  const dispatch = useAppDispatch();
  return (
    <section className="pane" data-testid="pane-loading">
      <header className="pane-head">
        <IconButton icon="back" label="Back to channels" className="only-narrow" onClick={() => dispatch(selectChannel(null))} />
        <h1 className="only-heard">Loading…</h1>
        <span className="skeleton skeleton-dot" />
        <span className="skeleton skeleton-line skeleton-title" />
      </header>
      <MessagesSkeleton />
    </section>
  );
}
