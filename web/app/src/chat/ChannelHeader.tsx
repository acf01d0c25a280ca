import type { Channel } from "@parley/client";
import { usePresence } from "@parley/react";
import { channelName, otherMember } from "../lib/names";
import { PresenceAvatar } from "../presence/PresenceAvatar";
import { presenceLine } from "../presence/words";
import { useAppDispatch, useAppSelector } from "../store";
import { expandedChanged } from "../store/callSlice";
import { showDetails, toggleDetails } from "../store/channelThunks";
import { panelChanged } from "../store/panelSlice";
import { prepareCall, selectChannel } from "../store/thunks";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/icons";

export function ChannelHeader({ channel, me }: { channel: Channel; me: string }) {
  const dispatch = useAppDispatch();
  const name = channelName(channel, me);
  const other = otherMember(channel, me);
  const count = channel.participantCount;
  const panel = useAppSelector((state) => state.panels.panel);
  return (
    <header className="pane-head">
      <IconButton icon="back" label="Back to channels" className="only-narrow" testId="back" onClick={() => dispatch(selectChannel(null))} />
      {other ? (
        <PresenceAvatar id={other.userId} name={name} url={other.avatarUrl} size="m" />
      ) : (
        <span className="pane-mark">
          <Icon name={channel.is_private ? "lock" : "hash"} />
        </span>
      )}
      <div className="pane-title">
        <h1>
          <button type="button" className="title-button" onClick={() => dispatch(toggleDetails(channel._id))}>
            {name}
          </button>
        </h1>
        {other ? (
          <PersonLine userId={other.userId} />
        ) : (
          <p>
            <button type="button" className="title-button" data-testid="members-open" onClick={() => dispatch(showDetails(channel._id, "members"))}>
              {count} {count === 1 ? "person" : "people"}
            </button>
            {channel.description && ` · ${channel.description}`}
          </p>
        )}
      </div>
      <IconButton
        icon="pin"
        label="Pinned messages"
        className="only-wide"
        testId="pins-open"
        aria-pressed={panel?.kind === "pins"}
        onClick={() => dispatch(panelChanged(panel?.kind === "pins" ? null : { kind: "pins", channelId: channel._id }))}
      />
      <IconButton icon="search" label="Search" className="only-wide" testId="search-open" onClick={() => dispatch(panelChanged({ kind: "search" }))} />
      <CallButtons channel={channel} />
      <IconButton icon="info" label="Details" testId="details-open" aria-pressed={panel?.kind === "details"} onClick={() => dispatch(toggleDetails(channel._id))} />
    </header>
  );
}

/** How the other person of a direct channel is. */
function PersonLine({ userId }: { userId: string }) {
  const line = presenceLine(usePresence(userId));
  return <p data-testid="presence">{line || "Direct message"}</p>;
}

function CallButtons({ channel }: { channel: Channel }) {
  const dispatch = useAppDispatch();
  const active = useAppSelector((state) => state.call.active);
  const online = useAppSelector((state) => state.session.connection === "online");
  const call = channel.activeCall;
  if (active?.channelId === channel._id) {
    return (
      <Button icon="maximise" tone="positive" className="only-wide" onClick={() => dispatch(expandedChanged(true))}>
        Back to call
      </Button>
    );
  }
  if (call) {
    const join = { channelId: channel._id, callType: call.callType, callId: call.callId };
    return (
      <Button icon={call.callType === "video" ? "video" : "phone"} tone="positive" testId="join-call" disabled={!online} onClick={() => dispatch(prepareCall(join))}>
        Join call{call.participantCount > 0 && ` (${call.participantCount})`}
      </Button>
    );
  }
  const start = (callType: "voice" | "video") => () => dispatch(prepareCall({ channelId: channel._id, callType, callId: null }));
  return (
    <>
      <IconButton icon="phone" label="Start a voice call" testId="call-voice" disabled={!online} onClick={start("voice")} />
      <IconButton icon="video" label="Start a video call" testId="call-video" disabled={!online} onClick={start("video")} />
    </>
  );
}
