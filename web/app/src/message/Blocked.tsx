import { useBlocks } from "@parley/react";
import { type ReactNode, useState } from "react";

/** Whether one wants to hear nothing of somebody. */
export function useBlocked(userId: string): boolean {
  return useBlocks().some(({ _id }) => _id === userId);
}

/** The words of somebody whom one blocks, shown when asked for. */
export function UnlessBlocked({ blocked, children }: { blocked: boolean; children: ReactNode }) {
  const [shown, setShown] = useState(false);
  if (!blocked || shown) return children;
  return (
    <p className="message-gone" data-testid="blocked-message">
      You block this person.{" "}
      <button type="button" className="link" onClick={() => setShown(true)}>
        Show the message
      </button>
    </p>
  );
}
