import type { ChannelState, NotifyLevel } from "@parley/client";
import { powersIn } from "../lib/can";
import { useAppDispatch, useAppSelector } from "../store";
import { notifyOf, restoreChannel, showDetails } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { type MenuItem, PopMenu } from "../ui/PopMenu";

export const LEVELS: { value: NotifyLevel; label: string }[] = [
  { value: "all", label: "Every message" },
  { value: "mentions", label: "Only mentions" },
  { value: "none", label: "Nothing" },
];

/** What can be done with a channel as a whole. */
export function ChannelMenu({ state, name, className }: { state: ChannelState; name: string; className?: string }) {
  const dispatch = useAppDispatch();
  const user = useAppSelector((store) => store.session.ready?.user);
  const { channel, role, notifyLevel } = state;
  const powers = powersIn(channel, role, user);
  const channelId = channel._id;
  const levels = LEVELS.map(({ value, label }, index) => ({
    id: value,
    label,
    testId: `notify-${value}`,
    checked: value === notifyLevel,
    ...(index === 0 ? { heading: "Tell me of" } : {}),
    onPick: () => dispatch(notifyOf(channelId, value)),
  }));
  const items: MenuItem[] = [
    ...levels,
    { id: "details", label: "Details", icon: "info", divided: true, testId: "menu-details", onPick: () => dispatch(showDetails(channelId)) },
  ];
  if (powers.invites) items.push({ id: "add", label: "Add people", icon: "personAdd", onPick: () => dispatch(viewDialogChanged({ kind: "add-people", channelId })) });
  if (powers.archives && channel.isArchived) items.push({ id: "restore", label: "Restore", icon: "retry", testId: "menu-restore", onPick: () => void dispatch(restoreChannel(channelId)) });
  if (powers.archives && !channel.isArchived) items.push({ id: "archive", label: "Archive", icon: "archive", testId: "menu-archive", onPick: () => dispatch(viewDialogChanged({ kind: "archive", channelId })) });
  if (powers.leaves) items.push({ id: "leave", label: "Leave", icon: "signOut", danger: true, testId: "menu-leave", onPick: () => dispatch(viewDialogChanged({ kind: "leave", channelId })) });
  return <PopMenu label={`What to do with ${name}`} items={items} testId="channel-menu" {...(className ? { className } : {})} />;
}
