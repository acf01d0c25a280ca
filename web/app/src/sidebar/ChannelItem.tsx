import type { ChannelState } from "@parley/client";
import { useDraft, usePresence } from "@parley/react";
import { memo } from "react";
import { ChannelMenu } from "../channels/ChannelMenu";
import { channelName, otherMember } from "../lib/names";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { STATUS_LABELS } from "../presence/words";
import { useAppDispatch } from "../store";
import { selectChannel } from "../store/thunks";
import { Icon } from "../ui/icons";

interface ChannelItemProps extends ChannelState {
  me: string;
  selected: boolean;
}

export const ChannelItem = memo(function ChannelItem({ me, selected, ...state }: ChannelItemProps) {
  const { channel, unread, mentions, badge, notifyLevel } = state;
  const dispatch = useAppDispatch();
  const name = channelName(channel, me);
  const other = otherMember(channel, me);
  const presence = usePresence(other?.userId);
  const [draft] = useDraft(channel._id);
  const drafted = draft.trim() !== "" && !selected;
  const call = channel.activeCall;
  const muted = notifyLevel === "none";
  const classes = ["channel", selected && "channel-selected", unread > 0 && !muted && "channel-unread", muted && "channel-muted"];
  const news = unread > 0 ? `, ${unread} new` : "";
  const status = presence ? `, ${STATUS_LABELS[presence.status].toLowerCase()}` : "";
  const named = mentions > 0 ? `, you are named in ${mentions}` : "";
  return (
    <li className="channel-row">
      <button
        type="button"
        className={classes.filter(Boolean).join(" ")}
        data-testid={`channel-${channel._id}`}
        data-channel-name={name}
        data-unread={unread > 0 ? unread : undefined}
        data-mentions={mentions > 0 ? mentions : undefined}
        aria-current={selected ? "page" : undefined}
        aria-label={`${name}${status}${muted ? ", muted" : ""}${news}${named}${drafted ? ", a draft" : ""}${call ? ", a call is on" : ""}`}
        onClick={() => dispatch(selectChannel(channel._id))}
      >
        {channel.channelType === "dm" ? (
          <PresenceAvatar id={other?.userId ?? me} name={name} url={other?.avatarUrl ?? ""} size="xs" />
        ) : (
          <span className="channel-mark">
            <Icon name={channel.is_private ? "lock" : "hash"} size={16} />
          </span>
        )}
        <span className="channel-name">{name}</span>
        {drafted && (
          <span className="channel-draft" title="A draft">
            <Icon name="edit" size={14} />
          </span>
        )}
        {call && (
          <span className="channel-call" title="A call is on">
            <Icon name={call.callType === "video" ? "video" : "phone"} size={14} />
            {call.participantCount}
          </span>
        )}
        {badge > 0 && <span className={mentions > 0 ? "badge badge-mention" : "badge"}>{badge > 99 ? "99+" : badge}</span>}
      </button>
      <ChannelMenu state={state} name={name} />
    </li>
  );
});
