import type { Report } from "@parley/client";
import { useEffect, useState } from "react";
import { usePages } from "../lib/usePages";
import { useServices } from "../services";
import { PagesEnd } from "./PagesEnd";
import { ReportCard } from "./ReportCard";

/** Reports that one may decide on: those that wait, or those that are decided. */
export function ReportQueue({ channelId, onReadDM }: { channelId: string; onReadDM?: (report: Report) => void }) {
  const [open, setOpen] = useState(true);
  const { pages, items, status } = useReports(channelId, open);
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
        {items.map((report) => (
          <ReportCard key={report._id} report={report} {...(onReadDM ? { onReadDM } : {})} />
        ))}
      </ul>
      <PagesEnd pages={pages} empty={open ? "No report waits for you." : "Nothing was reported yet."} />
    </>
  );
}

/** The queue, fetched again whenever a report comes or is decided. */
function useReports(channelId: string, open: boolean) {
  const { parley } = useServices();
  const paged = usePages(
    async (last?: Report) => {
      const query = { limit: "50", ...(open ? { status: "open" as const } : {}), ...(channelId ? { channelId } : {}), ...(last ? { before: last._id } : {}) };
      const { reports, hasMore } = await parley.moderation.reports(query);
      return { items: reports, hasMore };
    },
    [parley, channelId, open],
  );
  const { pages } = paged;
  useEffect(() => {
    const stops = [parley.moderation.on("report", () => void pages.load()), parley.connection.on("online", () => void pages.load())];
    return () => stops.forEach((stop) => stop());
  }, [parley, pages]);
  return paged;
}
