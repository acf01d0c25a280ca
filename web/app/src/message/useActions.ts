import type { Message } from "@parley/client";
import { useSaved } from "@parley/react";
import type { IconName } from "../ui/icons";
import { useAppDispatch } from "../store";
import { editingChanged } from "../store/communicationSlice";
import { copyLink, markUnread, openThread, pin, quote, save } from "../store/messageThunks";
import { messageDialogChanged } from "../store/panelSlice";
import { toastShown } from "../store/sessionSlice";
import { viewDialogChanged } from "../store/viewSlice";
import { useConversation } from "./context";

export interface MessageAction {
  id: string;
  icon: IconName;
  label: string;
  /** On the focused message. */
  key: string;
  danger?: boolean;
  run: () => void;
}

/** What one may do with a message, most wanted first. */
export function useActions(message: Message): MessageAction[] {
  const dispatch = useAppDispatch();
  const saved = useSaved().has(message._id);
  const { me, moderates, speaks, inThread, channel } = useConversation();
  const mine = message.senderId._id === me._id;
  const copyText = () => {
    const copied = () => dispatch(toastShown("Text copied."));
    void navigator.clipboard?.writeText(message.message).then(copied, () => {});
  };
  const all: (MessageAction | false)[] = [
    !inThread && { id: "thread", icon: "thread", label: "Reply in thread", key: "t", run: () => dispatch(openThread(message)) },
    speaks && { id: "quote", icon: "quote", label: "Quote", key: "q", run: () => dispatch(quote(message)) },
    { id: "save", icon: "bookmark", label: saved ? "Remove from saved" : "Save for later", key: "s", run: () => dispatch(save(message, !saved)) },
    mine && speaks && { id: "edit", icon: "edit", label: "Edit", key: "e", run: () => dispatch(editingChanged(message._id)) },
    { id: "forward", icon: "forward", label: "Forward…", key: "f", run: () => dispatch(messageDialogChanged({ kind: "forward", message })) },
    { id: "copy-link", icon: "link", label: "Copy link", key: "l", run: () => dispatch(copyLink(message)) },
    { id: "copy-text", icon: "copy", label: "Copy text", key: "c", run: copyText },
    (moderates || channel.channelType === "dm") && {
      id: "pin",
      icon: "pin",
      label: message.isPinned ? "Unpin" : "Pin to channel",
      key: "p",
      run: () => dispatch(pin(message, !message.isPinned)),
    },
    !mine && !inThread && { id: "unread", icon: "unread", label: "Mark unread", key: "u", run: () => dispatch(markUnread(message)) },
    !mine && {
      id: "report",
      icon: "flag",
      label: "Report…",
      key: "!",
      run: () => dispatch(viewDialogChanged({ kind: "report", messageId: message._id, name: message.senderId.name })),
    },
    (mine || moderates) && {
      id: "delete",
      icon: "trash",
      label: "Delete…",
      key: "Delete",
      danger: true,
      run: () => dispatch(messageDialogChanged({ kind: "delete", message })),
    },
  ];
  return all.filter((action) => action !== false);
}
