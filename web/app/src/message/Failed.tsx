import type { Pending } from "@parley/client";
import { useServices } from "../services";
import { Icon } from "../ui/icons";

/** Why a message was not sent, and what to do about it. */
export function Failed({ pending: { clientId, error } }: { pending: Pending }) {
  const { parley } = useServices();
  const confirm = error?.code === "confirm_channel_mention";
  return (
    <span className="message-mark message-failed-mark" role="alert">
      <Icon name="alert" size={14} />
      <span>Not sent. {error?.message}</span>
      <button
        type="button"
        className="link"
        data-testid="retry"
        onClick={() => parley.chat.retry(clientId, confirm ? { confirmChannelMention: true } : {})}
      >
        {confirm ? "Notify everyone" : "Try again"}
      </button>
      <button type="button" className="link" data-testid="discard" onClick={() => parley.chat.discard(clientId)}>
        Discard
      </button>
    </span>
  );
}
