import type { Channel } from "@parley/client";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { continued, type Format, format, type Selection } from "../lib/format";
import { useAppSelector } from "../store";
import { TOUCH } from "../ui/useSize";
import { EditorTools } from "./EditorTools";
import { MentionList } from "./MentionList";
import { type Suggestion, useMentions } from "./useMentions";

interface EditorProps {
  label: string;
  placeholder?: string;
  channel: Channel;
  value: string;
  onChange: (text: string) => void;
  onSubmit: () => void;
  onCancel?: () => void;
  /** The up arrow in an empty field. */
  onUp?: () => void;
  /** It takes the focus when it comes, and when it is for another place. */
  autoFocus?: boolean;
  testId: string;
  /** By which others find the field to focus it. */
  place?: string;
  /** Above the field. */
  above?: ReactNode;
  /** At the end of the row below it. */
  end?: ReactNode;
}

const SHORTCUTS: Record<string, Format> = { b: "bold", i: "italic", e: "code" };

/** A field for Markdown: Enter sends, Shift and Enter breaks the line, as Enter does on a touch screen; an @ offers names. */
export function Editor(props: EditorProps) {
  const { label, placeholder, channel, value, onChange, onSubmit, onCancel, onUp, autoFocus = false, testId, place, above, end } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const [closedFor, setClosedFor] = useState<number | null>(null);
  const list = useId();
  const limit = useAppSelector((state) => state.session.ready?.limits.messageLength ?? 10_000);
  const offered = useMentions(channel, value, cursor);
  const mentions = offered && offered.from !== closedFor ? offered : null;
  const current = Math.min(at, (mentions?.found.length ?? 1) - 1);
  const over = [...value.trim()].length > limit;

  const focuses = useRef(autoFocus);
  focuses.current = autoFocus;
  useEffect(() => {
    const box = field.current;
    if (!focuses.current || !box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }, [place]); // and not when the page becomes wide, which would take the focus from wherever it is
  useLayoutEffect(() => grow(field.current), [value]);
  const offers = offered !== null;
  useEffect(() => {
    if (!offers) setClosedFor(null); // a name that is begun anew is another one, also at the same place
  }, [offers]);

  const replace = (next: Selection) => field.current && write(field.current, next, onChange);
  const selection = (): Selection => ({ text: value, from: field.current?.selectionStart ?? value.length, to: field.current?.selectionEnd ?? value.length });
  const insert = (words: string) => {
    const { text, from, to } = selection();
    replace({ text: text.slice(0, from) + words + text.slice(to), from: from + words.length, to: from + words.length });
  };
  const mention = (suggestion: Suggestion) => {
    if (!mentions) return;
    const end = cursor ?? value.length;
    const words = `@${suggestion.word} `;
    const after = mentions.from + words.length;
    replace({ text: value.slice(0, mentions.from) + words + value.slice(end).replace(/^ /, ""), from: after, to: after });
    setCursor(null);
  };

  const onMentionKey = (event: KeyboardEvent): boolean => {
    if (!mentions) return false;
    const { length } = mentions.found;
    if (event.key === "ArrowDown") setAt((current + 1) % length);
    else if (event.key === "ArrowUp") setAt((current - 1 + length) % length);
    else if (event.key === "Escape") setClosedFor(mentions.from);
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") mention(mentions.found[current]!);
    else return false;
    return true;
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const modified = event.ctrlKey || event.metaKey;
    const how = modified && !event.altKey ? SHORTCUTS[event.key.toLowerCase()] : undefined;
    if (how) return Boolean(replace(format(selection(), how)) ?? true);
    if (event.key === "Escape" && onCancel) return onCancel() ?? true;
    if (event.key === "ArrowUp" && value === "" && onUp) return onUp() ?? true;
    if (event.key !== "Enter") return false;
    // What is written with a finger has no Shift to break a line with, and a button to send.
    if (modified || (!event.shiftKey && !window.matchMedia(TOUCH).matches)) {
      if (!over) onSubmit();
      return true;
    }
    const { from, to } = selection();
    const next = from === to ? continued(value, from) : null;
    if (next) replace(next);
    return next !== null;
  };

  return (
    <div className="editor">
      {mentions && <MentionList id={list} suggestions={mentions.found} current={current} onPick={mention} onPoint={setAt} />}
      {above}
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        data-testid={testId}
        data-composer={place}
        data-autofocus={autoFocus || undefined}
        aria-label={label}
        aria-invalid={over}
        aria-autocomplete="list"
        aria-controls={mentions ? list : undefined}
        aria-activedescendant={mentions ? `${list}-${current}` : undefined}
        placeholder={placeholder}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setCursor(event.target.selectionStart);
          setAt(0);
        }}
        onSelect={({ currentTarget: { selectionStart } }) => setCursor((known) => (known === null ? null : selectionStart))}
        onBlur={() => setCursor(null)}
        onKeyDown={(event) => {
          // While an input method composes a word, the keys belong to it.
          if (!event.nativeEvent.isComposing && (onMentionKey(event) || onKey(event))) event.preventDefault();
        }}
      />
      <div className="editor-row">
        <EditorTools onFormat={(how) => replace(format(selection(), how))} onEmoji={insert} onMention={() => insert("@")} />
        {[...value].length > limit * 0.9 && (
          <span className={over ? "counter counter-over" : "counter"} role="status">
            {(limit - [...value.trim()].length).toLocaleString()}
          </span>
        )}
        {end}
      </div>
    </div>
  );
}

/** Writes as if typed, so that it can be undone. */
function write(field: HTMLTextAreaElement, next: Selection, onChange: (text: string) => void): void {
  field.focus();
  let start = 0;
  const before = field.value;
  while (start < before.length && before[start] === next.text[start]) start++;
  let kept = 0;
  while (kept < Math.min(before.length, next.text.length) - start && before.at(-1 - kept) === next.text.at(-1 - kept)) kept++;
  field.setSelectionRange(start, before.length - kept);
  const words = next.text.slice(start, next.text.length - kept);
  const typed = words ? document.execCommand("insertText", false, words) : start === before.length - kept || document.execCommand("delete");
  // Never once more has been typed: that would go on in the middle of the words.
  const select = () => field.value === next.text && field.setSelectionRange(next.from, next.to);
  if (typed && field.value === next.text) return void select();
  onChange(next.text);
  requestAnimationFrame(select);
}

/** As high as its text, up to what the style allows. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
