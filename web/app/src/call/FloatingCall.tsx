import type { Call, CallSnapshot, Channel } from "@parley/client";
import { useEffect, useRef } from "react";
import { channelName } from "../lib/names";
import { useAppDispatch, useAppSelector } from "../store";
import { expandedChanged } from "../store/callSlice";
import { selectChannel } from "../store/thunks";
import { IconButton } from "../ui/Button";
import { CallStatus } from "./CallView";
import { Controls } from "./Controls";
import { mainOf, subjectsOf } from "./people";
import { useLastSpeaker } from "./Stage";
import { Tile } from "./Tile";

/** The call made small, so that one can chat meanwhile. */
export function FloatingCall({ call, snapshot, channel }: { call: Call; snapshot: CallSnapshot; channel: Channel | null }) {
  const dispatch = useAppDispatch();
  const user = useAppSelector((state) => state.session.ready?.user);
  const { speaking, dominant } = useAppSelector((state) => state.call);
  const { people, screens } = user ? subjectsOf(snapshot, user) : { people: [], screens: [] };
  const main = mainOf(people, screens, useLastSpeaker(people, dominant));
  const large = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) large.current?.focus(); // what had the focus went with the large call
  }, []);
  if (!user) return null;
  const expand = () => {
    dispatch(selectChannel(snapshot.channelId));
    dispatch(expandedChanged(true));
  };
  return (
    <section className="floating" aria-label="Call" data-testid="floating-call" data-phase={snapshot.phase}>
      <header className="floating-head">
        <div className="call-title">
          <strong>{channel ? channelName(channel, user._id) : "Call"}</strong>
          <CallStatus call={call} snapshot={snapshot} channel={channel} />
        </div>
        <IconButton ref={large} icon="maximise" label="Show the call large" testId="expand" onClick={expand} />
      </header>
      {main && <Tile key={main.key} call={call} subject={main} speaking={speaking.includes(main.participantId)} small />}
      <Controls call={call} snapshot={snapshot} compact />
    </section>
  );
}
