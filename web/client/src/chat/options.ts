import type { OutboxStore } from "./outboxStore";

export interface ChatOptions {
  /** Keeps unsent messages over the closing of the page. */
  outbox?: ((userId: string) => OutboxStore) | undefined;
  /** Drafts that the server does not know yet are kept here. */
  local?: Pick<Storage, "getItem" | "setItem"> | undefined;
  /** How long a gap may last before what is missing is fetched: events can overtake each other by a little. */
  gapMs?: number;
  random?: () => number;
}
