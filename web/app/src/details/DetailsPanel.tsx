import type { ChannelState } from "@parley/client";
import { powersIn } from "../lib/can";
import { channelName } from "../lib/names";
import { Panel } from "../panel/Panel";
import { PinsList } from "../panel/PinsPanel";
import { useAppDispatch, useAppSelector } from "../store";
import { type DetailsTab, panelChanged } from "../store/panelSlice";
import { Tabs } from "../ui/Tabs";
import { AboutTab } from "./AboutTab";
import { MembersTab } from "./MembersTab";

/** A channel beside its conversation: what it is, who is in it, and what is pinned. */
export function DetailsPanel({ channelId, tab }: { channelId: string; tab: DetailsTab }) {
  const state = useAppSelector((store) => store.channels.channels.find((each) => each.channel._id === channelId));
  return state ? <Details state={state} tab={tab} /> : null;
}

function Details({ state, tab }: { state: ChannelState; tab: DetailsTab }) {
  const dispatch = useAppDispatch();
  const user = useAppSelector((store) => store.session.ready?.user);
  const { channel, role } = state;
  const channelId = channel._id;
  const direct = channel.channelType === "dm";
  const powers = powersIn(channel, role, user);
  const tabs: { id: DetailsTab; label: string }[] = [
    { id: "about", label: "About" },
    ...(direct ? [] : [{ id: "members" as const, label: `Members ${channel.participantCount}` }]),
    { id: "pins", label: "Pins" },
  ];
  const current = tabs.some(({ id }) => id === tab) ? tab : "about";
  return (
    <Panel title="Details" note={channelName(channel, user?._id ?? "")}>
      <Tabs label="Details" tabs={tabs} current={current} onPick={(next) => dispatch(panelChanged({ kind: "details", channelId, tab: next }))}>
        {current === "about" && <AboutTab key={channelId} state={state} powers={powers} />}
        {current === "members" && <MembersTab key={channelId} channel={channel} powers={powers} />}
        {current === "pins" && user && <PinsList key={channelId} channel={channel} me={user} />}
      </Tabs>
    </Panel>
  );
}
