import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { draftChanged, openedAt } from "../store/communicationSlice";
import { Icon } from "../ui/icons";
import { NARROW, useMedia } from "../ui/useSize";

interface ComposerProps {
  channelId: string;
  /** Whom the message reaches, for the placeholder. */
  to: string;
  /** Why nothing can be written here; null when it can. */
  closed: string | null;
}

/** The field for a new message. Enter sends, Shift and Enter breaks the line; what is not sent stays with its channel. */
export function Composer({ channelId, to, closed }: ComposerProps) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const field = useRef<HTMLTextAreaElement>(null);
  const narrow = useMedia(NARROW);
  const text = useAppSelector((state) => state.communications.drafts[channelId] ?? "");
  const limit = useAppSelector((state) => state.session.ready?.limits.messageLength ?? 10_000);
  const length = [...text.trim()].length;
  const over = length > limit;
  const sendable = length > 0 && !over && closed === null;

  useEffect(() => {
    if (!narrow) field.current?.focus();
  }, [channelId, narrow]);
  useLayoutEffect(() => grow(field.current), [text, channelId]);

  const send = () => {
    if (!sendable) return;
    parley.chat.send(channelId, text.trim());
    dispatch(draftChanged({ channelId, text: "" }));
    dispatch(openedAt({ channelId, newAfter: null }));
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  if (closed !== null) return <p className="composer-closed">{closed}</p>;
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        data-testid="composer"
        aria-label={`Message to ${to}`}
        aria-invalid={over}
        placeholder={`Message ${to}`}
        value={text}
        onChange={(event) => dispatch(draftChanged({ channelId, text: event.target.value }))}
        onKeyDown={onKeyDown}
      />
      {length > limit * 0.9 && (
        <span className={over ? "counter counter-over" : "counter"} role="status">
          {(limit - length).toLocaleString()}
        </span>
      )}
      <button type="submit" className="send" aria-label="Send" title="Send" data-testid="send" disabled={!sendable}>
        <Icon name="send" />
      </button>
    </form>
  );
}

/** As high as its text, up to what the style allows. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
