import type { ReactNode } from "react";
import { Icon, type IconName } from "../ui/icons";
import type { Tone, Verdict } from "./verdicts";

const MARKS: Record<Tone, { icon: IconName; word: string }> = {
  ok: { icon: "check", word: "OK" },
  warn: { icon: "alert", word: "Warning" },
  bad: { icon: "close", word: "Problem" },
  info: { icon: "minus", word: "Not offered" },
};

interface RowProps {
  id: string;
  name: string;
  verdict: Verdict | null;
  /** Being tested now. */
  busy?: boolean;
  children?: ReactNode;
}

/** One thing that was tested, and what to change. */
export function Row({ id, name, verdict, busy = false, children }: RowProps) {
  return (
    <li className={`trial-row trial-${busy ? "busy" : (verdict?.tone ?? "waiting")}`} data-testid={`trial-${id}`} data-tone={busy ? "busy" : (verdict?.tone ?? "waiting")}>
      <span className="trial-mark">
        {busy ? <span className="trial-spinner" /> : verdict && <Icon name={MARKS[verdict.tone].icon} size={16} />}
      </span>
      <div className="trial-body">
        <h3>
          {name}
          {!busy && verdict && <span className="only-heard">: {MARKS[verdict.tone].word}</span>}
        </h3>
        <p className="trial-says">{busy ? "Testing…" : (verdict?.text ?? "Not tested yet.")}</p>
        {children}
      </div>
    </li>
  );
}
