import type { AuditEntry } from "@parley/client";
import { useMemo } from "react";
import { fullTime } from "../lib/time";
import { usePages } from "../lib/usePages";
import { useServices } from "../services";
import { useAppSelector } from "../store";
import { actionLabel, particularsLine } from "./auditWords";
import { knownNames } from "./knownNames";
import { PagesEnd } from "./PagesEnd";

/** What admins and moderators did: of one channel, or for the company's admins of all. */
export function AuditLog({ channelId }: { channelId: string }) {
  const { parley } = useServices();
  const { pages, items, status } = usePages(
    async (last?: AuditEntry) => {
      const { entries, hasMore } = await parley.moderation.audit({ limit: "50", ...(channelId ? { channelId } : {}), ...(last ? { before: String(last._id) } : {}) });
      return { items: entries, hasMore };
    },
    [parley, channelId],
  );
  const names = useMemo(() => {
    const actors = items.filter(({ actorName }) => actorName).map(({ actorId, actorName }) => ({ _id: actorId, name: actorName }));
    return knownNames(parley.chat, actors);
  }, [parley, items]);
  return (
    <>
      <ul className="audit" aria-label="Audit log" aria-busy={status === "loading"}>
        {items.map((entry) => (
          <Entry key={entry._id} entry={entry} names={names} />
        ))}
      </ul>
      <PagesEnd pages={pages} empty="Nothing was done yet." />
    </>
  );
}

function Entry({ entry, names }: { entry: AuditEntry; names: ReadonlyMap<string, string> }) {
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === entry.channelId)?.channel);
  const particulars = particularsLine(entry, channel?.name ?? "", names);
  return (
    <li className="audit-entry" data-testid="audit-entry">
      <span>
        <strong>{actionLabel(entry)}</strong> by {entry.actorName || entry.actorId}
      </span>
      <time dateTime={entry.at}>{fullTime(entry.at)}</time>
      {particulars && <small>{particulars}</small>}
    </li>
  );
}
