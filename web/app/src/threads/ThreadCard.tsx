import type { FollowedThread } from "@parley/client";
import { plainText } from "../lib/markdown";
import { clockTime, dayLabel } from "../lib/time";
import { useAppDispatch } from "../store";
import { openFollowed } from "../store/thunks";
import { Avatar } from "../ui/Avatar";
import { threadLine } from "./words";

/** A followed thread in a list: what it hangs on, how much there is, and what is new. */
export function ThreadCard({ thread, where }: { thread: FollowedThread; where: string }) {
  const dispatch = useAppDispatch();
  const { root, unread } = thread;
  const { senderId: sender, lastReplyAt, createdAt } = root;
  const at = lastReplyAt ?? createdAt;
  return (
    <button
      type="button"
      className={unread > 0 ? "result thread-card thread-card-new" : "result thread-card"}
      data-testid="followed"
      data-unread={unread > 0 ? unread : undefined}
      onClick={() => dispatch(openFollowed(root))}
    >
      <span className="result-head">
        <Avatar id={sender._id} name={sender.name} url={sender.avatarUrl} size="xs" />
        <strong>
          <bdi>{sender.name}</bdi>
        </strong>
        <small>
          {dayLabel(at)}, {clockTime(at)}
        </small>
        {unread > 0 && <span className="badge">{unread > 99 ? "99+" : unread} new</span>}
      </span>
      <span className="result-text">{root.isDeleted ? "This message was deleted." : plainText(root.message || root.quote?.message || "", 200)}</span>
      <span className="result-where">
        in {where} · {threadLine(root)}
      </span>
    </button>
  );
}
