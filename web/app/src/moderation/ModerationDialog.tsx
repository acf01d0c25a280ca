import { useState } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { viewDialogChanged } from "../store/viewSlice";
import { Tabs } from "../ui/Tabs";
import { TitledDialog } from "../ui/TitledDialog";
import { AuditLog } from "./AuditLog";
import { ReportQueue } from "./ReportQueue";
import { WordFilter } from "./WordFilter";

type Page = "reports" | "audit" | "words";

/** For those who run a channel, and for the company's admins: reports, the log, and the word filter. */
export function ModerationDialog({ channelId }: { channelId: string }) {
  const dispatch = useAppDispatch();
  const [page, setPage] = useState<Page>("reports");
  const admin = useAppSelector((state) => state.session.ready?.user.role === "admin");
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === channelId)?.channel);
  const tabs: { id: Page; label: string }[] = [
    { id: "reports", label: "Reports" },
    ...(admin || channelId ? [{ id: "audit" as const, label: "Audit log" }] : []),
    ...(admin && !channelId ? [{ id: "words" as const, label: "Word filter" }] : []),
  ];
  return (
    <TitledDialog title={channel ? `Moderation of ${channel.name}` : "Moderation"} className="dialog-wide dialog-tall" onClose={() => dispatch(viewDialogChanged(null))}>
      <Tabs label="Moderation" tabs={tabs} current={page} onPick={setPage}>
        {page === "reports" && <ReportQueue channelId={channelId} />}
        {page === "audit" && <AuditLog channelId={channelId} />}
        {page === "words" && <WordFilter />}
      </Tabs>
    </TitledDialog>
  );
}
