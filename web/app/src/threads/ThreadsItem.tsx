import { useFollowed } from "@parley/react";
import { useAppDispatch, useAppSelector } from "../store";
import { panelChanged } from "../store/panelSlice";
import { Icon } from "../ui/icons";

/** Above the channels: the threads that one follows, and in how many of them something is new. */
export function ThreadsItem() {
  const dispatch = useAppDispatch();
  const open = useAppSelector((state) => state.panels.panel?.kind === "threads");
  const news = useFollowed().threads.filter(({ unread }) => unread > 0).length;
  const classes = ["channel", open && "channel-selected", news > 0 && "channel-unread"];
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(" ")}
      data-testid="threads-open"
      data-unread={news > 0 ? news : undefined}
      aria-expanded={open}
      aria-label={news > 0 ? `Threads, ${news} with new replies` : "Threads"}
      onClick={() => dispatch(panelChanged(open ? null : { kind: "threads" }))}
    >
      <span className="channel-mark">
        <Icon name="thread" size={16} />
      </span>
      <span className="channel-name">Threads</span>
      {news > 0 && <span className="badge">{news}</span>}
    </button>
  );
}
