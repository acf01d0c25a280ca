import type { Channel } from "@parley/client";
import { callsEveryone } from "../lib/mentions";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

/** From so many members on it is asked whether everyone is to be told. */
const ASK_FROM = 6;

export const needsConfirming = (text: string, { channelType, participantCount }: Channel): boolean =>
  channelType !== "dm" && participantCount >= ASK_FROM && callsEveryone(text);

interface NotifyDialogProps {
  channel: Channel;
  onCancel: () => void;
  onConfirm: () => void;
}

/** Asks whether everyone in a channel is to be told. */
export function NotifyDialog({ channel, onCancel, onConfirm }: NotifyDialogProps) {
  return (
    <Dialog label="Notify everyone?" onClose={onCancel}>
      <div className="ask">
        <h2>Notify {channel.participantCount} people?</h2>
        <p className="muted">Your message calls everyone in {channel.name}. They are all told, wherever they are.</p>
        <div className="ask-actions">
          <Button onClick={onCancel}>Change the message</Button>
          <Button tone="primary" testId="notify-confirm" data-autofocus onClick={onConfirm}>
            Notify everyone
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
