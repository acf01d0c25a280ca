import type { Channel, ChannelMember } from "@parley/client";
import { usePresence, useRoster } from "@parley/react";
import { useDeferredValue, useState } from "react";
import { mayRule, type Powers } from "../lib/can";
import { clockTime, dayLabel } from "../lib/time";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { customText, STATUS_LABELS } from "../presence/words";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { attempt, removeMember, setRole } from "../store/channelThunks";
import { openDirect } from "../store/thunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { type MenuItem, PopMenu } from "../ui/PopMenu";
import { Confirm } from "../ui/TitledDialog";

const ROLES = { owner: "Owner", admin: "Admin", member: "" } as const;

/** Who is in a channel, by name, with what those who run it can do. */
export function MembersTab({ channel, powers }: { channel: Channel; powers: Powers }) {
  const dispatch = useAppDispatch();
  const [query, setQuery] = useState("");
  const [removing, setRemoving] = useState<ChannelMember | null>(null);
  const { members, status, hasMore, problem, loadMore, reload } = useRoster(channel._id, useDeferredValue(query));
  const channelId = channel._id;
  return (
    <div className="members">
      <div className="members-top">
        <input type="search" className="search-input" aria-label="Find a member" placeholder="Find a member" value={query} onChange={(event) => setQuery(event.target.value)} />
        {powers.invites && (
          <Button icon="personAdd" testId="add-members" onClick={() => dispatch(viewDialogChanged({ kind: "add-people", channelId }))}>
            Add
          </Button>
        )}
      </div>
      <ul className="rows" aria-busy={status === "loading"}>
        {members.map((member) => (
          <Member key={member.userId} member={member} channel={channel} powers={powers} onRemove={() => setRemoving(member)} />
        ))}
      </ul>
      {status === "failed" && (
        <p className="rows-note" role="alert">
          {problem} <button type="button" className="link" onClick={reload}>Try again</button>
        </p>
      )}
      {status === "ready" && members.length === 0 && <p className="rows-note" role="status">{query ? `Nobody here is called “${query}”.` : "Nobody is in it."}</p>}
      {hasMore && (
        <Button disabled={status === "loading"} onClick={loadMore}>
          Show more
        </Button>
      )}
      {removing && (
        <Confirm
          title={`Remove ${removing.name}?`}
          text="They no longer see what is said here, and leave its call."
          action="Remove"
          danger
          onClose={() => setRemoving(null)}
          onConfirm={() => {
            dispatch(removeMember(channelId, removing.userId));
            setRemoving(null);
          }}
        />
      )}
    </div>
  );
}

interface MemberProps {
  member: ChannelMember;
  channel: Channel;
  powers: Powers;
  onRemove: () => void;
}

function Member({ member, channel, powers, onRemove }: MemberProps) {
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const presence = usePresence(member.userId);
  const silenced = silencedUntil(member);
  const line = [
    member.userId === me && "You",
    silenced && `Silenced until ${silenced}`,
    presence && (customText(presence) || STATUS_LABELS[presence.status]),
  ].filter(Boolean);
  const items = useItems({ member, channel, powers, onRemove }, me);
  return (
    <li className="row" data-testid={`member-${member.userId}`}>
      <PresenceAvatar id={member.userId} name={member.name} url={member.avatarUrl} size="m" />
      <span className="row-text">
        <strong>{member.name}</strong>
        <small>{line.join(" · ")}</small>
      </span>
      {ROLES[member.role] && <span className="pill">{ROLES[member.role]}</span>}
      {items.length > 0 && <PopMenu label={`What to do with ${member.name}`} items={items} testId={`member-menu-${member.userId}`} />}
    </li>
  );
}

function useItems({ member, channel, powers, onRemove }: MemberProps, me: string): MenuItem[] {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const { userId, role } = member;
  const channelId = channel._id;
  const items: MenuItem[] = [];
  if (userId !== me) items.push({ id: "write", label: "Write to them", icon: "chat", onPick: () => void dispatch(openDirect(userId)) });
  if (!mayRule(powers, member, me)) return items;
  const roles: { id: ChannelMember["role"]; label: string }[] = [
    ...(powers.ownsRoles ? [{ id: "owner" as const, label: "Owner" }] : []),
    { id: "admin", label: "Admin" },
    { id: "member", label: "Member" },
  ];
  roles.forEach(({ id, label }, index) => {
    const heading = index === 0 ? { heading: "Role", divided: true } : {};
    items.push({ id, label, checked: id === role, testId: `role-${id}`, ...heading, onPick: () => id !== role && dispatch(setRole(channelId, userId, id)) });
  });
  const silenced = silencedUntil(member) !== null;
  const silence = () => dispatch(silenced ? attempt(() => parley.moderation.silence(channelId, userId, 0)) : viewDialogChanged({ kind: "silence", channelId, userId, name: member.name }));
  items.push({ id: "silence", label: silenced ? "Let them write again" : "Silence", icon: "silence", divided: true, testId: "silence-member", onPick: () => void silence() });
  if (channel.channelType !== "general") items.push({ id: "remove", label: "Remove", icon: "close", danger: true, testId: "remove-member", onPick: onRemove });
  return items;
}

/** Until when somebody may not write here; null when they may. */
export function silencedUntil({ silencedUntil: at }: Pick<ChannelMember, "silencedUntil">, now = new Date()): string | null {
  if (!at || Date.parse(at) <= now.getTime()) return null;
  const day = dayLabel(at, now);
  return day === "Today" ? clockTime(at) : day;
}
