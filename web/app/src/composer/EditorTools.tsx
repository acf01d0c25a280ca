import { useCallback, useRef, useState } from "react";
import type { Format } from "../lib/format";
import { findEmoji } from "../lib/emoji";
import { IconButton } from "../ui/Button";
import type { IconName } from "../ui/icons";
import { Popover } from "../ui/Popover";
import { FormatHelp } from "./FormatHelp";

const FORMATS: { how: Format; icon: IconName; label: string }[] = [
  { how: "bold", icon: "bold", label: "Bold (Ctrl B)" },
  { how: "italic", icon: "italic", label: "Italic (Ctrl I)" },
  { how: "strike", icon: "strike", label: "Struck out" },
  { how: "link", icon: "link", label: "Link" },
  { how: "list", icon: "list", label: "List" },
  { how: "ordered", icon: "ordered", label: "Numbered list" },
  { how: "quote", icon: "quote", label: "Quote" },
  { how: "code", icon: "code", label: "Code (Ctrl E)" },
  { how: "codeBlock", icon: "codeBlock", label: "Block of code" },
];

interface EditorToolsProps {
  onFormat: (how: Format) => void;
  onEmoji: (emoji: string) => void;
  onMention: () => void;
}

/** Formatting, emoji and names. On a narrow page the formats wait behind one button. */
export function EditorTools({ onFormat, onEmoji, onMention }: EditorToolsProps) {
  const [open, setOpen] = useState<"emoji" | "help" | null>(null);
  const [formats, setFormats] = useState(false);
  const emoji = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => setOpen(null), []);
  return (
    <div className={formats ? "editor-tools editor-tools-all" : "editor-tools"} role="toolbar" aria-label="Formatting">
      <IconButton icon="format" label="Formatting" className="editor-formats-toggle" aria-pressed={formats} onClick={() => setFormats(!formats)} />
      <span className="editor-formats">
        {FORMATS.map(({ how, icon, label }) => (
          <IconButton key={how} icon={icon} label={label} testId={`format-${how}`} onMouseDown={keepFocus} onClick={() => onFormat(how)} />
        ))}
        <span className="editor-line" />
      </span>
      <span ref={emoji as never}>
        <IconButton icon="smile" label="Emoji" testId="emoji" aria-haspopup="dialog" aria-expanded={open === "emoji"} onClick={() => setOpen(open ? null : "emoji")} />
      </span>
      <IconButton icon="at" label="Mention somebody" onMouseDown={keepFocus} onClick={onMention} />
      <IconButton icon="help" label="Formatting help" className="editor-help" testId="format-help" onClick={() => setOpen("help")} />
      {open === "emoji" && (
        <Popover anchor={emoji} role="dialog" label="Emoji" className="emoji-popover" onClose={close}>
          <EmojiChoice
            onPick={(char) => {
              close();
              onEmoji(char);
            }}
          />
        </Popover>
      )}
      {open === "help" && <FormatHelp onClose={close} />}
    </div>
  );
}

const keepFocus = (event: { preventDefault: () => void }) => event.preventDefault();

function EmojiChoice({ onPick }: { onPick: (char: string) => void }) {
  const [query, setQuery] = useState("");
  const found = findEmoji(query);
  return (
    <>
      <input
        className="emoji-search"
        data-autofocus
        aria-label="Find an emoji"
        placeholder="Find an emoji"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && found[0] && onPick(found[0].char)}
      />
      <div className="emoji-grid">
        {found.map(({ char, name }) => (
          <button key={char} type="button" aria-label={name} title={name} onClick={() => onPick(char)}>
            {char}
          </button>
        ))}
        {found.length === 0 && <p className="muted">Nothing is called that.</p>}
      </div>
    </>
  );
}
