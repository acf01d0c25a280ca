import { type Call, type CallSnapshot, causeOf, type Channel } from "@parley/client";
import { useLocalMedia } from "@parley/react";
import { useEffect, useRef, useState } from "react";
import { ChannelPane } from "../chat/ChannelPane";
import { channelName } from "../lib/names";
import { duration } from "../lib/time";
import { useAppDispatch, useAppSelector } from "../store";
import { chatToggled, expandedChanged } from "../store/callSlice";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/icons";
import { Controls } from "./Controls";
import { subjectsOf } from "./people";
import { QualityBars } from "./QualityBars";
import { Stage } from "./Stage";

interface CallViewProps {
  call: Call;
  snapshot: CallSnapshot;
  channel: Channel | null;
}

/** The call over the whole page, with the channel's chat beside it where there is room. */
export function CallView({ call, snapshot, channel }: CallViewProps) {
  const dispatch = useAppDispatch();
  const user = useAppSelector((state) => state.session.ready?.user);
  const { speaking, dominant, layout, chatOpen } = useAppSelector((state) => state.call);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []); // what had the focus is covered now
  if (!user) return null;
  const { people, screens } = subjectsOf(snapshot, user);
  const name = channel ? channelName(channel, user._id) : "Call";
  return (
    <main className={`call ${chatOpen ? "call-with-chat" : ""}`} aria-label={`Call in ${name}`} data-testid="call" data-phase={snapshot.phase}>
      <div className="call-main">
        <header className="call-head">
          <div className="call-title">
            <h1 ref={heading} tabIndex={-1}>{name}</h1>
            <CallStatus call={call} snapshot={snapshot} channel={channel} />
          </div>
          <QualityBars quality={snapshot.phase === "connected" ? snapshot.quality : "unknown"} cause={causeOf(snapshot.connection)} />
          <IconButton icon="minimise" label="Minimise the call" testId="minimise" onClick={() => dispatch(expandedChanged(false))} />
        </header>
        <Problems call={call} snapshot={snapshot} />
        <Stage call={call} people={people} screens={screens} speaking={speaking} dominant={dominant} layout={layout} />
        <Controls call={call} snapshot={snapshot} />
      </div>
      {chatOpen && channel && (
        <aside className="call-chat" aria-label="Chat">
          <header className="call-chat-head">
            <h2>Chat</h2>
            <IconButton icon="close" label="Close chat" onClick={() => dispatch(chatToggled())} />
          </header>
          <ChannelPane channel={channel} header={false} />
        </aside>
      )}
    </main>
  );
}

export function CallStatus({ call, snapshot, channel }: CallViewProps) {
  const connection = useAppSelector((state) => state.session.connection);
  const startedAt = useStart(call, snapshot, channel);
  const now = useNow(snapshot.phase === "connected");
  const others = snapshot.participants.length;
  if (snapshot.phase === "joining" || snapshot.phase === "connecting") return <p role="status">Connecting…</p>;
  if (snapshot.phase === "reconnecting" || connection !== "online") return <p role="status">Reconnecting…</p>;
  if (others === 0) return <p role="status">Waiting for others…</p>;
  return (
    <p>
      <span data-testid="duration">{duration(now - startedAt)}</span> · {others + 1} people
    </p>
  );
}

/** When the call began, in this machine's time: the server's clock and ours may differ. */
function useStart(call: Call, snapshot: CallSnapshot, channel: Channel | null): number {
  const { offset } = useAppSelector((state) => state.session);
  const active = channel?.activeCall;
  if (active?.callId !== call.snapshot.callId) return snapshot.joinedAt;
  return Math.min(snapshot.joinedAt, Date.parse(active.startedAt) - offset);
}

function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

/** What keeps one from being heard or seen. */
function Problems({ call, snapshot }: { call: Call; snapshot: CallSnapshot }) {
  const { microphone, camera, screen } = useLocalMedia(call.local);
  const problem = snapshot.problem?.message ?? microphone.problem?.message ?? camera.problem?.message ?? screen.problem?.message;
  if (!problem) return null;
  return (
    <p className="call-problem" role="alert">
      <Icon name="alert" size={16} /> {problem}
    </p>
  );
}
