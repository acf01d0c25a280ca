import { useOwnStatus, useSchedule } from "@parley/react";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { CHOICES, customText } from "../presence/words";
import { useAppDispatch, useAppSelector } from "../store";
import { panelChanged } from "../store/panelSlice";
import { selectChannel } from "../store/thunks";
import { viewDialogChanged } from "../store/viewSlice";
import { IconButton } from "../ui/Button";
import { type MenuItem, PopMenu } from "../ui/PopMenu";

/** Oneself: how one is seen, and what belongs to nobody else. */
export function Myself({ onSignOut }: { onSignOut: (() => void) | null }) {
  const dispatch = useAppDispatch();
  const ready = useAppSelector((state) => state.session.ready);
  const online = useAppSelector((state) => state.session.connection === "online");
  const { own } = useOwnStatus();
  const moderates = useAppSelector((state) => state.session.ready?.user.role === "admin" || state.channels.channels.some(({ channel, role }) => channel.channelType !== "dm" && role !== "member"));
  const waiting = useSchedule().messages.length;
  if (!ready) return <footer className="myself" />;
  const { user } = ready;
  const chosen = own && own.status !== "online" ? CHOICES.find(({ value }) => value === own.status)?.label : undefined;
  const line = online ? customText(own) || chosen || user.department || "Online" : "Connecting…";
  const items: MenuItem[] = [
    { id: "scheduled", label: waiting > 0 ? `Scheduled messages (${waiting})` : "Scheduled messages", icon: "clock", testId: "open-scheduled", onPick: () => dispatch(viewDialogChanged({ kind: "scheduled" })) },
    { id: "saved", label: "Saved messages", icon: "bookmark", onPick: () => dispatch(panelChanged({ kind: "saved" })) },
    { id: "blocks", label: "Blocked people", icon: "block", testId: "open-blocks", onPick: () => dispatch(viewDialogChanged({ kind: "blocks" })) },
  ];
  if (moderates) items.push({ id: "moderation", label: "Moderation", icon: "shield", testId: "open-moderation", onPick: () => dispatch(viewDialogChanged({ kind: "moderation" })) });
  const leave = () => {
    dispatch(selectChannel(null));
    onSignOut?.();
  };
  return (
    <footer className="myself">
      <button type="button" className="myself-button" data-testid="my-status" aria-label={`${user.name}, ${line}. Change your status`} onClick={() => dispatch(viewDialogChanged({ kind: "status" }))}>
        <PresenceAvatar id={user._id} name={user.name} url={user.avatarUrl} size="m" known={online} />
        <span className="myself-name">
          <strong>{user.name}</strong>
          <small>{line}</small>
        </span>
      </button>
      <PopMenu label="Your menu" testId="my-menu" items={items} />
      {onSignOut && <IconButton icon="signOut" label="Change user" testId="sign-out" onClick={leave} />}
    </footer>
  );
}
