import { ParleyError, type Report } from "@parley/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { useServices } from "../services";
import { Button } from "../ui/Button";
import { ReportCard } from "./ReportCard";

interface Queue {
  reports: readonly Report[];
  hasMore: boolean;
  status: "loading" | "ready" | "failed";
  problem: string;
}

const NOTHING: Queue = { reports: [], hasMore: false, status: "loading", problem: "" };

/** Reports that one may decide on: those that wait, or those that are decided. */
export function ReportQueue({ channelId, onReadDM }: { channelId: string; onReadDM?: (report: Report) => void }) {
  const [open, setOpen] = useState(true);
  const { reports, hasMore, status, problem, more } = useReports(channelId, open);
  return (
    <>
      <div className="chips" role="group" aria-label="Which reports">
        <button type="button" className="chip" aria-pressed={open} onClick={() => setOpen(true)}>
          Waiting
        </button>
        <button type="button" className="chip" data-testid="reports-decided" aria-pressed={!open} onClick={() => setOpen(false)}>
          All
        </button>
      </div>
      <ul className="scheduled-list" aria-label="Reports" aria-busy={status === "loading"}>
        {reports.map((report) => (
          <ReportCard key={report._id} report={report} {...(onReadDM ? { onReadDM } : {})} />
        ))}
      </ul>
      {status === "failed" && <p className="rows-note" role="alert">{problem}</p>}
      {status === "loading" && reports.length === 0 && <p className="rows-note" role="status">Loading…</p>}
      {status === "ready" && reports.length === 0 && <p className="rows-note" role="status">{open ? "No report waits for you." : "Nothing was reported yet."}</p>}
      {hasMore && (
        <Button disabled={status === "loading"} onClick={more}>
          Show more
        </Button>
      )}
    </>
  );
}

/** The queue, fetched again whenever a report comes or is decided. */
function useReports(channelId: string, open: boolean): Queue & { more: () => void } {
  const { parley } = useServices();
  const [queue, setQueue] = useState(NOTHING);
  const turn = useRef(0);
  const load = useCallback(
    async (before?: string) => {
      const mine = ++turn.current;
      setQueue((shown) => ({ ...shown, status: "loading" }));
      try {
        const query = { limit: "50", ...(open ? { status: "open" as const } : {}), ...(channelId ? { channelId } : {}), ...(before ? { before } : {}) };
        const page = await parley.moderation.reports(query);
        if (mine !== turn.current) return;
        setQueue((shown) => ({ reports: before ? [...shown.reports, ...page.reports] : page.reports, hasMore: page.hasMore, status: "ready", problem: "" }));
      } catch (error) {
        if (mine === turn.current) setQueue((shown) => ({ ...shown, status: "failed", problem: ParleyError.of(error).message }));
      }
    },
    [parley, channelId, open],
  );
  useEffect(() => {
    setQueue(NOTHING);
    void load();
    const stops = [parley.moderation.on("report", () => void load()), parley.connection.on("online", () => void load())];
    return () => {
      turn.current++;
      stops.forEach((stop) => stop());
    };
  }, [parley, load]);
  return { ...queue, more: () => void load(queue.reports[queue.reports.length - 1]?._id) };
}
