import type { IncomingCall } from "@parley/client";
import { useEffect } from "react";
import { channelName } from "../lib/names";
import { ring } from "../lib/ring";
import { useAppDispatch, useAppSelector } from "../store";
import { acceptCall, declineCall } from "../store/thunks";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";

/** The calls that ring here. It is no modal dialog: one may finish a sentence first. */
export function Incoming() {
  const incoming = useAppSelector((state) => state.call.incoming);
  const inCall = useAppSelector((state) => state.call.active !== null);
  const ringing = incoming.length > 0 && !inCall;
  useEffect(() => (ringing ? ring() : undefined), [ringing]);
  return (
    <div className="incoming-place">
      {incoming.map((call) => (
        <Ringing key={call.callId} call={call} />
      ))}
    </div>
  );
}

function Ringing({ call }: { call: IncomingCall }) {
  const dispatch = useAppDispatch();
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === call.channelId)?.channel);
  const where = channel && channel.channelType !== "dm" ? ` in ${channelName(channel, me)}` : "";
  return (
    <div className="incoming" role="alertdialog" aria-label={`${call.initiatorName} is calling`} data-testid="incoming">
      <span className="incoming-avatar">
        <Avatar id={call.initiatorId} name={call.initiatorName} size="l" />
      </span>
      <div className="incoming-text">
        <strong>{call.initiatorName}</strong>
        <span>
          {call.callType === "video" ? "Video call" : "Voice call"}
          {where}
        </span>
      </div>
      <div className="incoming-actions">
        <Button tone="danger" icon="hangup" testId="incoming-decline" onClick={() => dispatch(declineCall(call.callId))}>
          Decline
        </Button>
        <Button
          tone="positive"
          icon={call.callType === "video" ? "video" : "phone"}
          testId="incoming-accept"
          onClick={() => void dispatch(acceptCall(call.callId))}
        >
          Accept
        </Button>
      </div>
    </div>
  );
}
