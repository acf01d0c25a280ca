import type { ChannelState } from "@parley/client";
import { type KeyboardEvent, useMemo } from "react";
import { channelName } from "../lib/names";
import { useAppDispatch, useAppSelector } from "../store";
import { panelChanged } from "../store/panelSlice";
import { dialogChanged } from "../store/sessionSlice";
import { selectChannel } from "../store/thunks";
import { useServices } from "../services";
import { Avatar } from "../ui/Avatar";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/icons";
import { ThemeToggle } from "../ui/ThemeToggle";
import { ChannelItem } from "./ChannelItem";

/** Workspace, channels and direct messages, and oneself. */
export function Sidebar({ onSignOut }: { onSignOut: (() => void) | null }) {
  const dispatch = useAppDispatch();
  return (
    <nav className="sidebar" aria-label="Channels">
      <header className="sidebar-head">
        <img className="logo" src="/favicon.svg" alt="" width="24" height="24" />
        <span className="sidebar-title">Parley</span>
        <IconButton icon="bookmark" label="Saved messages" testId="saved-open" onClick={() => dispatch(panelChanged({ kind: "saved" }))} />
        <ThemeToggle />
      </header>
      <button type="button" className="jump" data-testid="switcher-open" onClick={() => dispatch(dialogChanged("switcher"))}>
        <Icon name="search" size={16} />
        <span>Jump to…</span>
        <kbd>{/Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <Lists />
      <Myself onSignOut={onSignOut} />
    </nav>
  );
}

function Lists() {
  const { status, channels, selectedId } = useAppSelector((state) => state.channels);
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const { rooms, directs } = useMemo(() => sections(channels, me), [channels, me]);

  if (status === "loading" && channels.length === 0) return <Skeleton />;
  if (status === "failed" && channels.length === 0) {
    return (
      <div className="sidebar-scroll sidebar-note" role="alert">
        <p>The channels could not be loaded.</p>
        <Button icon="retry" onClick={() => void parley.chat.reload()}>
          Try again
        </Button>
      </div>
    );
  }
  return (
    <div className="sidebar-scroll" onKeyDown={moveInList}>
      {rooms.length > 0 && <h2 className="section">Channels</h2>}
      <ul className="channel-list">
        {rooms.map((each) => (
          <ChannelItem key={each.channel._id} {...each} me={me} selected={each.channel._id === selectedId} />
        ))}
      </ul>
      <h2 className="section">
        Direct messages
        <IconButton icon="plus" label="New direct message" testId="new-dm" onClick={() => dispatch(dialogChanged("people"))} />
      </h2>
      <ul className="channel-list">
        {directs.map((each) => (
          <ChannelItem key={each.channel._id} {...each} me={me} selected={each.channel._id === selectedId} />
        ))}
      </ul>
      {directs.length === 0 && (
        <button type="button" className="hint" onClick={() => dispatch(dialogChanged("people"))}>
          <Icon name="plus" size={16} /> Write to someone
        </button>
      )}
    </div>
  );
}

/** Rooms by name, the general one first; direct channels by what happened last. */
function sections(channels: readonly ChannelState[], me: string): { rooms: ChannelState[]; directs: ChannelState[] } {
  const general = ({ channel }: ChannelState) => Number(channel.channelType === "general");
  const name = ({ channel }: ChannelState) => channelName(channel, me);
  const last = ({ channel }: ChannelState) => Date.parse(channel.lastMessageAt ?? channel.createdAt);
  const isDirect = ({ channel }: ChannelState) => channel.channelType === "dm";
  return {
    rooms: channels.filter((each) => !isDirect(each)).sort((a, b) => general(b) - general(a) || name(a).localeCompare(name(b))),
    directs: channels.filter(isDirect).sort((a, b) => last(b) - last(a)),
  };
}

/** The arrows walk through the list, as in every list. */
function moveInList(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>(".channel")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = items[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !next) return;
  next.focus();
  event.preventDefault();
}

function Skeleton() {
  return (
    <div className="sidebar-scroll" aria-busy="true" aria-label="Loading channels">
      {[62, 48, 74, 55, 66].map((width, index) => (
        <div key={index} className="skeleton-row">
          <span className="skeleton skeleton-dot" />
          <span className="skeleton skeleton-line" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}

function Myself({ onSignOut }: { onSignOut: (() => void) | null }) {
  const ready = useAppSelector((state) => state.session.ready);
  const connection = useAppSelector((state) => state.session.connection);
  const dispatch = useAppDispatch();
  if (!ready) return <footer className="myself" />;
  const { user } = ready;
  const online = connection === "online";
  return (
    <footer className="myself">
      <span className="with-status">
        <Avatar id={user._id} name={user.name} url={user.avatarUrl} size="m" />
        <span className={online ? "status-dot status-online" : "status-dot"} />
      </span>
      <span className="myself-name">
        <strong>{user.name}</strong>
        <small>{online ? user.department || "Online" : "Connecting…"}</small>
      </span>
      {onSignOut && (
        <IconButton
          icon="signOut"
          label="Change user"
          testId="sign-out"
          onClick={() => {
            dispatch(selectChannel(null));
            onSignOut();
          }}
        />
      )}
    </footer>
  );
}
