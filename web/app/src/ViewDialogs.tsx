import { AddPeopleDialog } from "./channels/AddPeopleDialog";
import { BrowseDialog } from "./channels/BrowseDialog";
import { CreateChannelDialog } from "./channels/CreateChannelDialog";
import { channelName } from "./lib/names";
import { BlocksDialog } from "./moderation/BlocksDialog";
import { ModerationDialog } from "./moderation/ModerationDialog";
import { ReportDialog } from "./moderation/ReportDialog";
import { SilenceDialog } from "./moderation/SilenceDialog";
import { StatusDialog } from "./presence/StatusDialog";
import { ScheduledDialog } from "./schedule/ScheduledDialog";
import { SendLaterDialog } from "./schedule/SendLaterDialog";
import { useAppDispatch, useAppSelector } from "./store";
import { archiveChannel, leaveChannel } from "./store/channelThunks";
import { viewDialogChanged } from "./store/viewSlice";
import { Confirm } from "./ui/TitledDialog";

/** The dialog that is open, if any. */
export function ViewDialogs() {
  const dialog = useAppSelector((state) => state.view.dialog);
  switch (dialog?.kind) {
    case "status":
      return <StatusDialog />;
    case "create-channel":
      return <CreateChannelDialog />;
    case "browse":
      return <BrowseDialog tab={dialog.tab} />;
    case "scheduled":
      return <ScheduledDialog />;
    case "send-later":
      return <SendLater {...dialog} />;
    case "report":
      return <ReportDialog {...dialog} />;
    case "blocks":
      return <BlocksDialog />;
    case "silence":
      return <SilenceDialog {...dialog} />;
    case "moderation":
      return <ModerationDialog channelId={dialog.channelId ?? ""} />;
    case "add-people":
    case "leave":
    case "archive":
      return <OfChannel kind={dialog.kind} channelId={dialog.channelId} />;
    default:
      return null;
  }
}

function SendLater({ channelId, parentMessageId }: { channelId: string; parentMessageId?: string }) {
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === channelId)?.channel);
  if (!channel) return null;
  return <SendLaterDialog channel={channel} to={channelName(channel, me)} {...(parentMessageId ? { parentMessageId } : {})} />;
}

function OfChannel({ kind, channelId }: { kind: "add-people" | "leave" | "archive"; channelId: string }) {
  const dispatch = useAppDispatch();
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === channelId)?.channel);
  if (!channel) return null;
  const name = channelName(channel, me);
  const onClose = () => dispatch(viewDialogChanged(null));
  if (kind === "add-people") return <AddPeopleDialog channelId={channelId} name={name} />;
  if (kind === "leave") {
    const text = channel.is_private
      ? "You no longer see what is said in it. It is private: somebody in it has to add you again."
      : "You no longer see what is said in it. You can join it again.";
    return <Confirm title={`Leave ${name}?`} text={text} action="Leave" danger onClose={onClose} onConfirm={() => void dispatch(leaveChannel(channelId))} />;
  }
  const text =
    channel.channelType === "dm"
      ? "It goes from your list, not from the other's. The next message brings it back."
      : "Nobody can write in it any more. What was said stays, and it can be restored.";
  return <Confirm title={`Archive ${name}?`} text={text} action="Archive" onClose={onClose} onConfirm={() => void dispatch(archiveChannel(channelId))} />;
}
