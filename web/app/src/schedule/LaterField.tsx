import type { Channel } from "@parley/client";
import { Editor } from "../composer/Editor";

interface LaterFieldProps {
  channel: Channel;
  testId: string;
  value: string;
  onChange: (text: string) => void;
  onSubmit: () => void;
  onCancel?: () => void;
}

/** The words of a message that is sent later, written like each message: with names to choose from, formatting and emoji. */
export function LaterField(props: LaterFieldProps) {
  return (
    <div className="field">
      <span className="field-label" aria-hidden="true">
        Message
      </span>
      <div className="later-editor">
        <Editor label="Message" autoFocus {...props} />
      </div>
    </div>
  );
}
