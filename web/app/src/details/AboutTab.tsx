import type { Channel, ChannelState } from "@parley/client";
import { useBlocks, usePresence } from "@parley/react";
import { useState } from "react";
import { LEVELS } from "../channels/ChannelMenu";
import type { Powers } from "../lib/can";
import { isUnfinished, useUnfinished } from "../lib/unfinished";
import { otherMember } from "../lib/names";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { presenceLine } from "../presence/words";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { attempt, notifyOf, restoreChannel, updateChannel } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { SelectField, Switch, TextArea, TextField } from "../ui/fields";
import { ProjectCard } from "./ProjectCard";

interface AboutProps {
  state: ChannelState;
  powers: Powers;
}

/** What a channel is, how it is set, and what one can do with it. */
export function AboutTab({ state, powers }: AboutProps) {
  const { channel } = state;
  const me = useAppSelector((store) => store.session.ready?.user._id ?? "");
  const other = otherMember(channel, me);
  return (
    <div className="about">
      {other && <Other {...other} />}
      {channel.project && <ProjectCard project={channel.project} />}
      {channel.channelType !== "dm" && <Names channel={channel} edits={powers.moderates} />}
      <Notifications state={state} />
      {powers.moderates && <Settings channel={channel} />}
      <Actions channel={channel} powers={powers} />
    </div>
  );
}

function Other({ userId, name, avatarUrl }: { userId: string; name: string; avatarUrl: string }) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const presence = usePresence(userId);
  const blocked = useBlocks().some(({ _id }) => _id === userId);
  return (
    <div className="about-person">
      <PresenceAvatar id={userId} name={name} url={avatarUrl} size="xl" />
      <strong>{name}</strong>
      <p className="muted" data-testid="presence-line">{presenceLine(presence)}</p>
      <Button icon="block" testId="block" onClick={() => void dispatch(attempt(() => parley.moderation.blocks.set(userId, !blocked)))}>
        {blocked ? "Unblock" : "Block"}
      </Button>
    </div>
  );
}

function Names({ channel, edits }: { channel: Channel; edits: boolean }) {
  const dispatch = useAppDispatch();
  const place = `about:${channel._id}`;
  const [editing, setEditing] = useState(() => isUnfinished(place));
  const [{ name, description }, set, letGo] = useUnfinished(place, { name: channel.name, description: channel.description });
  const [busy, setBusy] = useState(false);
  if (!editing) {
    const begin = () => {
      set({ name: channel.name, description: channel.description });
      setEditing(true);
    };
    return (
      <section className="about-section">
        <h3 className="form-heading">Name and description</h3>
        <p className="about-name">{channel.name}</p>
        <p className={channel.description ? "about-text" : "muted"}>{channel.description || "No description yet."}</p>
        {edits && (
          <Button testId="edit-channel" onClick={begin}>
            Edit
          </Button>
        )}
      </section>
    );
  }
  const end = () => {
    letGo();
    setEditing(false);
  };
  const save = async () => {
    if (!name.trim()) return;
    setBusy(true);
    if (await dispatch(updateChannel(channel._id, { name: name.trim(), description: description.trim() }))) end();
    setBusy(false);
  };
  return (
    <form
      className="about-section"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField label="Name" testId="edit-name" autoFocus maxLength={100} value={name} onChange={(event) => set({ name: event.target.value, description })} />
      <TextArea label="Description" testId="edit-description" maxLength={500} value={description} onChange={(event) => set({ name, description: event.target.value })} />
      <div className="form-row">
        <Button onClick={end}>Cancel</Button>
        <Button type="submit" tone="primary" testId="save-channel" disabled={busy || !name.trim()}>
          Save
        </Button>
      </div>
    </form>
  );
}

function Notifications({ state }: { state: ChannelState }) {
  const dispatch = useAppDispatch();
  return (
    <section className="about-section">
      <SelectField
        label="Tell me of"
        testId="notify"
        value={state.notifyLevel}
        options={LEVELS}
        onPick={(value) => dispatch(notifyOf(state.channel._id, value as ChannelState["notifyLevel"]))}
      />
    </section>
  );
}

const SLOW = [0, 5, 10, 30, 60, 300, 900, 3600];

function Settings({ channel }: { channel: Channel }) {
  const dispatch = useAppDispatch();
  const change = (values: Parameters<typeof updateChannel>[1]) => dispatch(updateChannel(channel._id, values));
  const steps = [...new Set([...SLOW, channel.slowModeSeconds])].sort((a, b) => a - b);
  const closed = channel.isArchived;
  return (
    <section className="about-section">
      <h3 className="form-heading">Settings</h3>
      <Switch label="Read-only" hint="Only owners and admins write" testId="set-readonly" on={channel.isReadOnly} disabled={closed} onChange={(isReadOnly) => change({ isReadOnly })} />
      {channel.channelType !== "general" && (
        <Switch label="Private" hint="Only who is added sees it" testId="set-private" on={channel.is_private} disabled={closed} onChange={(is_private) => change({ is_private })} />
      )}
      <SelectField
        label="Slow mode"
        testId="set-slow"
        hint="How long a member waits between two messages"
        disabled={closed}
        value={String(channel.slowModeSeconds)}
        options={steps.map((seconds) => ({ value: String(seconds), label: slowLabel(seconds) }))}
        onPick={(value) => void change({ slowModeSeconds: Number(value) })}
      />
    </section>
  );
}

function slowLabel(seconds: number): string {
  if (seconds === 0) return "Off";
  if (seconds < 60) return `${seconds} seconds`;
  if (seconds === 3600) return "1 hour";
  return seconds % 60 === 0 ? `${seconds / 60} ${seconds === 60 ? "minute" : "minutes"}` : `${seconds} seconds`;
}

function Actions({ channel, powers }: { channel: Channel; powers: Powers }) {
  const dispatch = useAppDispatch();
  const channelId = channel._id;
  if (!powers.archives && !powers.leaves && !powers.moderates) return null;
  return (
    <section className="about-section about-actions">
      {powers.archives && channel.isArchived && (
        <Button icon="retry" testId="restore-channel" onClick={() => void dispatch(restoreChannel(channelId))}>
          Restore
        </Button>
      )}
      {powers.archives && !channel.isArchived && (
        <Button icon="archive" testId="archive-channel" onClick={() => dispatch(viewDialogChanged({ kind: "archive", channelId }))}>
          Archive
        </Button>
      )}
      {powers.moderates && (
        <Button icon="shield" testId="moderate-channel" onClick={() => dispatch(viewDialogChanged({ kind: "moderation", channelId }))}>
          Moderation
        </Button>
      )}
      {powers.leaves && (
        <Button icon="signOut" testId="leave-channel" onClick={() => dispatch(viewDialogChanged({ kind: "leave", channelId }))}>
          Leave
        </Button>
      )}
    </section>
  );
}
