import type { Message } from "@parley/client";
import { listed } from "../lib/names";

/** How many replies a message has, and from whom the last ones are. */
export function threadLine({ threadCount, lastRepliers }: Pick<Message, "threadCount" | "lastRepliers">): string {
  if (threadCount === 0) return "no replies yet";
  const count = threadCount === 1 ? "1 reply" : `${threadCount} replies`;
  const names = lastRepliers.map(({ name }) => name).filter(Boolean);
  return names.length > 0 ? `${count}, last from ${listed(names, 3)}` : count;
}
