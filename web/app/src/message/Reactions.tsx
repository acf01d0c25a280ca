import type { Message } from "@parley/client";
import { listed } from "../lib/names";
import { useAppDispatch } from "../store";
import { react } from "../store/messageThunks";
import { useConversation } from "./context";

/** Which emoji people put under a message, and how many did. A click joins them, or takes one's own back. */
export function Reactions({ message }: { message: Message }) {
  const dispatch = useAppDispatch();
  const { me, nameOf, speaks } = useConversation();
  const groups = new Map<string, string[]>();
  for (const { emoji, userId } of message.reactions) groups.set(emoji, [...(groups.get(emoji) ?? []), userId]);
  return (
    <div className="reactions">
      {[...groups].map(([emoji, userIds]) => {
        const mine = userIds.includes(me._id);
        const names = listed([...(mine ? ["You"] : []), ...userIds.filter((id) => id !== me._id).map(nameOf)]);
        return (
          <button
            key={emoji}
            type="button"
            className={mine ? "reaction reaction-mine" : "reaction"}
            data-testid="reaction"
            aria-pressed={mine}
            aria-label={`${emoji} by ${names}`}
            title={`${names} reacted with ${emoji}`}
            disabled={!speaks}
            onClick={() => dispatch(react(message, emoji))}
          >
            <span aria-hidden="true">{emoji}</span>
            <span aria-hidden="true">{userIds.length}</span>
          </button>
        );
      })}
    </div>
  );
}
