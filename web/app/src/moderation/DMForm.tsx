import { type OpenedDM, ParleyError, type User, type WhichDM } from "@parley/client";
import { useState } from "react";
import { PeoplePicker } from "../channels/PeoplePicker";
import { useServices } from "../services";
import { useAppSelector } from "../store";
import { Button } from "../ui/Button";
import { TextArea } from "../ui/fields";
import { Icon } from "../ui/icons";
import { Unsaved } from "../ui/Unsaved";
import type { AskedDM } from "./DirectMessages";
import { MAX_REASON, reasonProblem } from "./dmWords";

interface DMFormProps {
  asked: AskedDM | null;
  /** Not those of the report, but of others. */
  onOther: () => void;
  onOpened: (opened: OpenedDM) => void;
}

/** Asks whose direct messages are to be read and why, and says what comes of it before it does. */
export function DMForm({ asked, onOther, onOpened }: DMFormProps) {
  const { parley } = useServices();
  const offset = useAppSelector((state) => state.session.offset);
  const [people, setPeople] = useState<User[]>([]);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const which = whichOf(asked, people);
  const lacking = reasonProblem(reason);
  const change = (picked: User[]) => {
    setPeople(picked);
    setProblem("");
  };
  const open = async () => {
    if (!which || lacking || busy) return;
    setBusy(true);
    try {
      onOpened(await parley.moderation.openDM(which, reason.trim(), offset));
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  return (
    <>
      <Unsaved when={reason.trim() !== ""} />
      <div className="warning" role="note">
        <Icon name="alert" size={20} />
        <p>
          <strong>Others’ private messages.</strong> Your name, whose messages they are and your reason go into the audit log, which nobody can change, and all
          admins of the company are told at once. The two people are not told. Access lasts 15 minutes, and every page that you read is logged.
        </p>
      </div>
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      {asked ? (
        <p className="dm-asked">
          The direct messages in which {asked.about.senderId.name} wrote what {asked.about.reporterName || "the word filter"} reported.{" "}
          <button type="button" className="link" onClick={onOther}>
            Choose others
          </button>
        </p>
      ) : (
        <PeoplePicker label="Whose messages: two people" picked={people} onChange={change} most={2} />
      )}
      <TextArea
        label="Reason"
        testId="dm-reason"
        rows={3}
        maxLength={MAX_REASON}
        autoFocus={asked !== null}
        hint={reason.trim() && lacking ? lacking : "What you look into, and who asked for it. The other admins read this."}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="form-row">
        <Button tone="danger" testId="dm-open" disabled={!which || lacking !== "" || busy} onClick={() => void open()}>
          Open for 15 minutes
        </Button>
      </div>
    </>
  );
}

function whichOf(asked: AskedDM | null, [first, second]: User[]): WhichDM | null {
  if (asked) return { channelId: asked.channelId };
  return first && second ? { userIds: [first._id, second._id] } : null;
}
