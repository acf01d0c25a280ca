import { type AuditEntry, ParleyError } from "@parley/client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { fullTime } from "../lib/time";
import { useServices } from "../services";
import { useAppSelector } from "../store";
import { Button } from "../ui/Button";
import { actionLabel, particularsLine } from "./auditWords";
import { knownNames } from "./knownNames";

interface Log {
  entries: readonly AuditEntry[];
  hasMore: boolean;
  status: "loading" | "ready" | "failed";
  problem: string;
}

const NOTHING: Log = { entries: [], hasMore: false, status: "loading", problem: "" };

/** What admins and moderators did: of one channel, or for the company's admins of all. */
export function AuditLog({ channelId }: { channelId: string }) {
  const { parley } = useServices();
  const [log, setLog] = useState(NOTHING);
  const load = useCallback(
    async (before?: number) => {
      setLog((shown) => ({ ...(before ? shown : NOTHING), status: "loading" }));
      try {
        const page = await parley.moderation.audit({ limit: "50", ...(channelId ? { channelId } : {}), ...(before ? { before: String(before) } : {}) });
        setLog((shown) => ({ entries: before ? [...shown.entries, ...page.entries] : page.entries, hasMore: page.hasMore, status: "ready", problem: "" }));
      } catch (error) {
        setLog((shown) => ({ ...shown, status: "failed", problem: ParleyError.of(error).message }));
      }
    },
    [parley, channelId],
  );
  useEffect(() => void load(), [load]);
  const names = useMemo(() => {
    const actors = log.entries.filter(({ actorName }) => actorName).map(({ actorId, actorName }) => ({ _id: actorId, name: actorName }));
    return knownNames(parley.chat, actors);
  }, [parley, log.entries]);
  const last = log.entries[log.entries.length - 1];
  return (
    <>
      <ul className="audit" aria-label="Audit log" aria-busy={log.status === "loading"}>
        {log.entries.map((entry) => (
          <Entry key={entry._id} entry={entry} names={names} />
        ))}
      </ul>
      {log.status === "failed" && <p className="rows-note" role="alert">{log.problem}</p>}
      {log.status === "loading" && log.entries.length === 0 && <p className="rows-note" role="status">Loading…</p>}
      {log.status === "ready" && log.entries.length === 0 && <p className="rows-note">Nothing was done yet.</p>}
      {log.hasMore && last && (
        <Button disabled={log.status === "loading"} onClick={() => void load(last._id)}>
          Show more
        </Button>
      )}
    </>
  );
}

function Entry({ entry, names }: { entry: AuditEntry; names: ReadonlyMap<string, string> }) {
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === entry.channelId)?.channel);
  const particulars = particularsLine(entry, channel?.name ?? "", names);
  return (
    <li className="audit-entry" data-testid="audit-entry">
      <span>
        <strong>{actionLabel(entry.action)}</strong> by {entry.actorName || entry.actorId}
      </span>
      <time dateTime={entry.at}>{fullTime(entry.at)}</time>
      {particulars && <small>{particulars}</small>}
    </li>
  );
}
