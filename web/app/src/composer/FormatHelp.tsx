import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

const FORMATS = [
  ["**bold**", "Bold"],
  ["_italic_", "Italic"],
  ["~~struck out~~", "Struck out"],
  ["[words](https://…)", "Link"],
  ["> words", "Quote"],
  ["- item", "List"],
  ["1. item", "Numbered list"],
  ["`code`", "Code"],
  ["```sql … ```", "Block of code, in colours"],
  ["@name", "Mention somebody"],
] as const;

const KEYS = [
  ["Enter", "Send"],
  ["Shift Enter", "New line"],
  ["↑ in an empty field", "Edit your last message"],
  ["Shift Tab, ↑ ↓", "Walk through messages"],
  ["T Q S E F", "Thread, quote, save, edit, forward the focused message"],
  ["L C P U Del", "Copy link, copy text, pin, mark unread, delete it"],
  ["Ctrl K", "Jump to a channel"],
  ["Ctrl F", "Search"],
  ["F6", "To the next part of the page"],
] as const;

/** How words are formatted, and what the keys do. */
export function FormatHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Formatting and keys" onClose={onClose}>
      <div className="ask">
        <h2>Formatting</h2>
        <HelpTable rows={FORMATS} />
        <h2>Keys</h2>
        <HelpTable rows={KEYS} />
        <div className="ask-actions">
          <Button tone="primary" onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function HelpTable({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <dl className="help">
      {rows.map(([what, means]) => (
        <div key={what}>
          <dt>
            <kbd>{what}</kbd>
          </dt>
          <dd>{means}</dd>
        </div>
      ))}
    </dl>
  );
}
