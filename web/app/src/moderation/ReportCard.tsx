import { type Message, ParleyError, type Report, type ReportDecision } from "@parley/client";
import { useState } from "react";
import { plainText } from "../lib/markdown";
import { clockTime, dayLabel } from "../lib/time";
import { useServices } from "../services";
import { useAppDispatch } from "../store";
import { attempt } from "../store/channelThunks";
import { toastShown } from "../store/sessionSlice";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { SelectField, TextField } from "../ui/fields";
import { Unsaved } from "../ui/Unsaved";
import { decisionLine, reasonLabel } from "./reportWords";

/** One report: what was said, who reported it and why, and what is to be done. */
export function ReportCard({ report, onReadDM }: { report: Report; onReadDM?: (report: Report) => void }) {
  const { senderId: sender, channel, reporterName, reason, details, status, createdAt } = report;
  const where = channel.channelType === "dm" ? "a direct message" : channel.name;
  return (
    <li className="scheduled" data-testid="report">
      <p className="result-head">
        <Avatar id={sender._id} name={sender.name} url={sender.avatarUrl} size="xs" />
        <strong>{sender.name}</strong>
        <span className="muted">in {where}</span>
        <small>
          {dayLabel(createdAt)}, {clockTime(createdAt)}
        </small>
      </p>
      <blockquote className="reported">{report.message || "The words are gone."}</blockquote>
      <p className="report-why">
        <span className="pill pill-alert">{reasonLabel(reason)}</span>
        {report.isDeleted && <span className="pill">Deleted since</span>}
        {reporterName && <span className="muted">reported by {reporterName}</span>}
      </p>
      {details && <p className="about-text">{details}</p>}
      {status === "open" ? <Decide report={report} {...(onReadDM ? { onReadDM } : {})} /> : <p className="muted" data-testid="report-decision">{decisionLine(report)}</p>}
    </li>
  );
}

const ACTIONS = [
  { value: "dismissed", label: "Dismiss: nothing is wrong" },
  { value: "resolved", label: "Resolve, without more" },
  { value: "delete_message", label: "Delete the message" },
  { value: "silence_member", label: "Silence the member for a day" },
] as const;

type Choice = (typeof ACTIONS)[number]["value"];

function decisionOf(choice: Choice, note: string): ReportDecision {
  const noted = note.trim() ? { note: note.trim() } : {};
  if (choice === "dismissed" || choice === "resolved") return { status: choice, ...noted };
  return { status: "resolved", action: choice, ...(choice === "silence_member" ? { seconds: 86_400 } : {}), ...noted };
}

function Decide({ report, onReadDM }: { report: Report; onReadDM?: (report: Report) => void }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const [choice, setChoice] = useState<Choice>("dismissed");
  const [note, setNote] = useState("");
  const [context, setContext] = useState<Message[] | null>(null);
  const [busy, setBusy] = useState(false);
  const direct = report.channel.channelType === "dm";
  const options = ACTIONS.filter(({ value }) => !(value === "silence_member" && direct) && !(value === "delete_message" && report.isDeleted));
  const decide = async () => {
    setBusy(true);
    await dispatch(attempt(() => parley.moderation.decide(report._id, decisionOf(choice, note))));
    setBusy(false);
  };
  const show = () =>
    parley.moderation.reportWithContext(report._id).then(
      (answer) => setContext(answer.context),
      (problem: unknown) => void dispatch(toastShown(ParleyError.of(problem).message, "error")),
    );
  return (
    <>
      <Unsaved when={note.trim() !== ""} />
      {context && (
        <ul className="report-context" aria-label="What was said around it">
          {context.map((message) => (
            <li key={message._id} className={message._id === report.messageId ? "report-context-it" : undefined}>
              <strong>{message.senderId.name}</strong> {message.isDeleted ? "(deleted)" : plainText(message.message, 300)}
            </li>
          ))}
        </ul>
      )}
      <div className="search-filters">
        <SelectField label="Decision" testId="report-action" value={choice} options={[...options]} onPick={(value) => setChoice(value as Choice)} />
        <TextField label="Note, for the log" testId="report-note" maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
      </div>
      <div className="form-row">
        {!context && <Button onClick={() => void show()}>{direct ? "Read around it (logged)" : "Read around it"}</Button>}
        {direct && onReadDM && (
          <Button testId="report-read-dm" onClick={() => onReadDM(report)}>
            Read the conversation…
          </Button>
        )}
        <Button tone="primary" testId="report-decide" disabled={busy} onClick={() => void decide()}>
          Decide
        </Button>
      </div>
    </>
  );
}
