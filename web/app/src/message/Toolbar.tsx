import { type Message, REACTIONS } from "@parley/client";
import { useCallback, useRef, useState } from "react";
import { useAppDispatch } from "../store";
import { react } from "../store/messageThunks";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/icons";
import { Popover } from "../ui/Popover";
import { useConversation } from "./context";
import { type MessageAction, useActions } from "./useActions";

const INLINE = new Set(["thread", "quote", "save", "edit"]);

/** What can be done with the message under the pointer or the focus. */
export function Toolbar({ message, onHold }: { message: Message; onHold: (held: boolean) => void }) {
  const actions = useActions(message);
  const { speaks } = useConversation();
  const [open, setOpen] = useState<"react" | "more" | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const change = useCallback(
    (next: "react" | "more" | null) => {
      setOpen(next);
      onHold(next !== null);
    },
    [onHold],
  );
  const close = useCallback(() => change(null), [change]);
  return (
    <div className="toolbar" ref={place} role="toolbar" aria-label="Message actions">
      {speaks && <IconButton icon="smile" label="React" testId="react" aria-haspopup="dialog" aria-expanded={open === "react"} onClick={() => change("react")} />}
      {actions
        .filter(({ id }) => INLINE.has(id))
        .map(({ id, icon, label, run }) => (
          <IconButton key={id} icon={icon} label={label} testId={`action-${id}`} onClick={run} />
        ))}
      <IconButton icon="more" label="More actions" testId="more" aria-haspopup="menu" aria-expanded={open === "more"} onClick={() => change("more")} />
      {open === "react" && (
        <Popover anchor={place} role="dialog" label="Reactions" className="popover-row" onClose={close}>
          <ReactionChoice message={message} onDone={close} />
        </Popover>
      )}
      {open === "more" && (
        <Popover anchor={place} role="menu" label="Message actions" className="menu-list" onClose={close}>
          <ActionList actions={actions.filter(({ id }) => !INLINE.has(id))} onDone={close} />
        </Popover>
      )}
    </div>
  );
}

/** The eight emoji that a message can carry. */
export function ReactionChoice({ message, onDone }: { message: Message; onDone: () => void }) {
  const dispatch = useAppDispatch();
  return (
    <div className="reaction-choice">
      {REACTIONS.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-label={`React with ${emoji}`}
          data-testid={`react-${emoji}`}
          onClick={() => {
            dispatch(react(message, emoji));
            onDone();
          }}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

export function ActionList({ actions, onDone }: { actions: readonly MessageAction[]; onDone: () => void }) {
  return actions.map(({ id, icon, label, danger, run, key }) => (
    <button
      key={id}
      type="button"
      role="menuitem"
      className={danger ? "menu-item menu-item-danger" : "menu-item"}
      data-testid={`action-${id}`}
      onClick={() => {
        onDone();
        run();
      }}
    >
      <Icon name={icon} size={16} />
      <span>{label}</span>
      <kbd>{key === "Delete" ? "Del" : key.toUpperCase()}</kbd>
    </button>
  ));
}
