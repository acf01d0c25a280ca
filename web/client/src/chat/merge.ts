import type { Message } from "../wire";

/** Both lists by seq, each message once; `prefer` says whether an added one replaces the one that is there. */
export function merge(present: readonly Message[], added: readonly Message[], prefer: boolean): Message[] {
  const [first, last] = [present[0], present[present.length - 1]];
  const [from, to] = [added[0], added[added.length - 1]];
  if (!from || !to) return [...present];
  if (!first || !last || from.seq > last.seq) return [...present, ...added];
  if (to.seq < first.seq) return [...added, ...present];
  const byId = new Map(present.map((message) => [message._id, message]));
  for (const message of added) if (prefer || !byId.has(message._id)) byId.set(message._id, message);
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}
