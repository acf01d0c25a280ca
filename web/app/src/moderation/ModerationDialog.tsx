import type { OpenedDM, Report } from "@parley/client";
import { useEffect, useState } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { viewDialogChanged } from "../store/viewSlice";
import { Tabs } from "../ui/Tabs";
import { TitledDialog } from "../ui/TitledDialog";
import { Kept } from "../ui/Unsaved";
import { AuditLog } from "./AuditLog";
import { type AskedDM, DirectMessages } from "./DirectMessages";
import { ReportQueue } from "./ReportQueue";
import { WordFilter } from "./WordFilter";

type Page = "reports" | "dms" | "audit" | "words";

/** For those who run a channel, and for the company's admins: reports, others' direct messages, the log, and the word filter. */
export function ModerationDialog({ channelId }: { channelId: string }) {
  const dispatch = useAppDispatch();
  const [page, setPage] = useState<Page>("reports");
  const [asked, setAsked] = useState<AskedDM | null>(null);
  const [opened, setOpened] = useOpened();
  const { role, isInternal } = useAppSelector((state) => state.session.ready?.user) ?? {};
  const admin = role === "admin" && isInternal;
  const readDM = (report: Report) => {
    setAsked({ channelId: report.channelId, about: report });
    setOpened(null);
    setPage("dms");
  };
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === channelId)?.channel);
  const tabs: { id: Page; label: string }[] = [
    { id: "reports", label: "Reports" },
    ...(admin && !channelId ? [{ id: "dms" as const, label: "Direct messages" }] : []),
    ...(admin || channelId ? [{ id: "audit" as const, label: "Audit log" }] : []),
    ...(admin && !channelId ? [{ id: "words" as const, label: "Word filter" }] : []),
  ];
  return (
    <TitledDialog title={channel ? `Moderation of ${channel.name}` : "Moderation"} className="dialog-wide dialog-tall" onClose={() => dispatch(viewDialogChanged(null))}>
      <Tabs label="Moderation" tabs={tabs} current={page} onPick={setPage}>
        {page === "reports" && <ReportQueue channelId={channelId} {...(admin ? { onReadDM: readDM } : {})} />}
        <Kept shown={page === "dms"}>
          <DirectMessages asked={asked} onAsked={setAsked} opened={opened} onOpened={setOpened} />
        </Kept>
        {page === "audit" && <AuditLog channelId={channelId} />}
        <Kept shown={page === "words"}>
          <WordFilter />
        </Kept>
      </Tabs>
    </TitledDialog>
  );
}

/** Direct messages that were opened: for as long as the dialog is. */
function useOpened(): [OpenedDM | null, (opened: OpenedDM | null) => void] {
  const [opened, setOpened] = useState<OpenedDM | null>(null);
  useEffect(() => () => opened?.dispose(), [opened]);
  return [opened, setOpened];
}
