import type { Message } from "@parley/client";
import { plainText } from "../lib/markdown";
import { IconButton } from "../ui/Button";

/** What the message that is being written quotes. */
export function QuotedLine({ message, onDrop }: { message: Message; onDrop: () => void }) {
  return (
    <div className="composer-quote">
      <span>
        <strong>{message.senderId.name}</strong> {plainText(message.message, 160)}
      </span>
      <IconButton icon="close" label="Do not quote" onClick={onDrop} />
    </div>
  );
}
