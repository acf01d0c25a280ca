import type { Call } from "@parley/client";
import type { Services } from "../services";
import { channelName } from "../lib/names";
import { openedLine } from "../moderation/dmWords";
import { callBegan, callChanged, callOver, dominantChanged, incomingChanged, speakingChanged } from "./callSlice";
import { channelsChanged, statusChanged } from "./channelSlice";
import { connectionChanged, problemRaised, readyArrived, toastShown, userChanged } from "./sessionSlice";
import { followAddress, noteOpened, openSelected, readSelected } from "./thunks";
import type { RootState, Store } from "./index";

/** Carries what the client reports into the store. Returns what ends it. */
export function bridge(store: Store, { parley }: Services): () => void {
  const { dispatch } = store;
  const { connection, chat, calls, moderation } = parley;
  const showsNewest = new Set<string>();
  const stops = [
    connection.on("state", (state) => dispatch(connectionChanged(state))),
    connection.on("online", (ready) => dispatch(readyArrived(ready))),
    connection.on("user", (user) => dispatch(userChanged(user))),
    connection.on("problem", ({ code, message }) => dispatch(problemRaised({ code, message }))),
    chat.on("status", (status) => {
      dispatch(statusChanged(status));
      if (status === "ready") dispatch(followAddress());
    }),
    chat.on("channels", (channels) => {
      const first = store.getState().channels.channels.length === 0;
      const lastSeq = lastSeqOf(store.getState());
      dispatch(channelsChanged(channels));
      if (first) dispatch(noteOpened(store.getState().channels.selectedId));
      dispatch(openSelected());
      // Only news are read by being there: what was made unread on another device stays so.
      if (lastSeqOf(store.getState()) !== lastSeq) dispatch(readSelected());
    }),
    chat.on("timeline", ({ channelId, timeline }) => {
      const newest = timeline.status === "ready" && !timeline.hasNewer;
      const before = showsNewest.has(channelId);
      if (newest) showsNewest.add(channelId);
      else showsNewest.delete(channelId);
      if (newest && !before && channelId === store.getState().channels.selectedId) dispatch(readSelected());
    }),
    calls.on("incoming", (incoming) => dispatch(incomingChanged(incoming))),
    calls.on("active", (call) => (call ? follow(store, call) : dispatch(callOver()))),
    calls.on("notice", (notice) => {
      const { channels, session } = store.getState();
      const channel = channels.channels.find((each) => each.channel._id === notice.channelId)?.channel;
      const me = session.ready?.user._id ?? "";
      if (notice.kind === "missed") dispatch(toastShown(`You missed a call from ${notice.name}.`));
      else if (channel?.channelType === "dm") dispatch(toastShown(`${channelName(channel, me)} declined the call.`));
    }),
    moderation.on("dmOpened", (opened) => {
      const me = store.getState().session.ready?.user._id;
      if (opened.actorId !== me) dispatch(toastShown(openedLine(opened), "info", true));
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

function lastSeqOf({ channels }: RootState): number | undefined {
  return channels.channels.find(({ channel }) => channel._id === channels.selectedId)?.channel.seq;
}

function follow({ dispatch, getState }: Store, call: Call): void {
  dispatch(callBegan(call.snapshot));
  call.on("speaking", (speaking) => dispatch(speakingChanged([...speaking])));
  call.on("speakers", ({ dominant }) => dominant !== getState().call.dominant && dispatch(dominantChanged(dominant)));
  call.on("changed", (snapshot) => {
    if (snapshot.phase !== "ended") return void dispatch(callChanged(snapshot));
    if (snapshot.endReason !== "left") dispatch(toastShown(whyEnded(snapshot.endReason, snapshot.problem?.message)));
  });
}

function whyEnded(reason: string | null, message: string | undefined): string {
  if (message) return message;
  return reason === "missed" || reason === "rejected" ? "Nobody answered the call." : "The call has ended.";
}
