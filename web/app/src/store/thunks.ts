import { type CallType, LocalMedia, type Message, ParleyError } from "@parley/client";
import { pathOf, targetOf } from "../lib/address";
import { readPrefs, writePrefs } from "../lib/prefs";
import { expandedChanged, joiningChanged, prejoinClosed, prejoinOpened, type Prejoin } from "./callSlice";
import { channelSelected } from "./channelSlice";
import { openedAt } from "./communicationSlice";
import type { Thunk } from "./index";
import { jumpTo } from "./messageThunks";
import { panelChanged } from "./panelSlice";
import { NARROW } from "../ui/useSize";
import { dialogChanged, toastShown } from "./sessionSlice";

const tell = (problem: unknown) => toastShown(ParleyError.of(problem).message, "error");

// --- Channels. The address holds which one is open, so that "back" leads where one was.

export const selectChannel =
  (channelId: string | null): Thunk =>
  (dispatch) => {
    if (targetOf(window.location.hash).channelId !== channelId) window.history.pushState(null, "", pathOf(channelId));
    dispatch(followAddress());
  };

/** Opens a message where it stands, by its address. */
export const openMessage =
  (channelId: string, messageId: string): Thunk =>
  (dispatch) => {
    window.history.pushState(null, "", pathOf(channelId, messageId));
    dispatch(followAddress());
  };

/** Opens a thread beside its channel, from the list of threads. */
export const openFollowed =
  ({ _id: rootId, channelId }: Message): Thunk =>
  (dispatch, getState) => {
    if (getState().channels.selectedId !== channelId) dispatch(selectChannel(channelId));
    dispatch(panelChanged({ kind: "thread", channelId, rootId, listed: true }));
  };

export const followAddress = (): Thunk => (dispatch, getState) => {
  const { channelId, messageId } = targetOf(window.location.hash);
  const { channels, call, panels } = getState();
  if (channelId !== channels.selectedId) {
    dispatch(noteOpened(channelId));
    dispatch(channelSelected(channelId));
    if (panels.panel && "channelId" in panels.panel && panels.panel.channelId !== channelId) dispatch(panelChanged(null));
  }
  if (call.active && call.expanded && channelId !== call.active.channelId) dispatch(expandedChanged(false));
  dispatch(followTarget(channelId, messageId));
  dispatch(openSelected());
  dispatch(readSelected());
};

/** Remembers what was new when a channel was opened. */
export const noteOpened =
  (channelId: string | null): Thunk =>
  (dispatch, getState) => {
    const state = getState().channels.channels.find((each) => each.channel._id === channelId);
    if (channelId) dispatch(openedAt({ channelId, newAfter: state && state.unread > 0 ? state.readSeq : null }));
  };

/** Goes to the message in the address, once there are channels, and takes it out of the address. */
const followTarget =
  (channelId: string | null, messageId: string | null): Thunk =>
  (dispatch, getState) => {
    if (!channelId || !messageId || getState().channels.status !== "ready") return;
    window.history.replaceState(null, "", pathOf(channelId));
    void dispatch(jumpTo(channelId, messageId));
  };

/** Loads what is open. */
export const openSelected = (): Thunk => (_dispatch, getState, { parley }) => {
  const { selectedId } = getState().channels;
  const { messageId } = targetOf(window.location.hash);
  if (!selectedId || messageId) return;
  const { status } = parley.chat.timeline(selectedId);
  if (status === "unopened" || (status === "failed" && parley.connection.state === "online")) void parley.chat.open(selectedId);
};

/** Notes what is open as read, while the page is looked at and shows the newest message. */
export const readSelected = (): Thunk => (_dispatch, getState, { parley }) => {
  const { channels, communications, panels } = getState();
  const { selectedId } = channels;
  if (!selectedId || communications.heldUnread === selectedId) return;
  if (panels.panel && window.matchMedia(NARROW).matches) return; // it lies over the messages
  const { status, hasNewer } = parley.chat.timeline(selectedId);
  const looked = document.visibilityState === "visible" && document.hasFocus();
  if (looked && status === "ready" && !hasNewer) parley.chat.markAsRead(selectedId);
};

export const openDirect =
  (userId: string): Thunk<Promise<void>> =>
  async (dispatch, _getState, { parley }) => {
    try {
      const channel = await parley.chat.openDirect(userId);
      dispatch(dialogChanged(null));
      dispatch(selectChannel(channel._id));
    } catch (problem) {
      dispatch(tell(problem));
    }
  };

const load =
  (what: "loadOlder" | "loadNewer" | "toNewest") =>
  (channelId: string): Thunk =>
  (dispatch, _getState, { parley }) => {
    parley.chat.history[what](channelId).catch((problem: unknown) => dispatch(tell(problem)));
  };

export const loadOlder = load("loadOlder");
export const loadNewer = load("loadNewer");
export const toNewest = load("toNewest");

// --- Calls

/** Shows oneself before joining, with the devices chosen last time. */
export const prepareCall =
  (prejoin: Prejoin): Thunk =>
  (dispatch, getState, services) => {
    const { active } = getState().call;
    if (active && active.channelId === prejoin.channelId) return void dispatch(expandedChanged(true));
    dispatch(cancelCall());
    services.media = startMedia(prejoin.callType);
    dispatch(prejoinOpened(prejoin));
  };

function startMedia(callType: CallType): LocalMedia {
  const media = new LocalMedia();
  const prefs = readPrefs();
  media.setMuted(prefs.startMuted);
  void startDevices(media, callType === "video" && !prefs.startWithoutCamera, prefs);
  return media;
}

/** Starts the devices, each as chosen last time, or, when that one is gone, any. */
async function startDevices(
  media: LocalMedia,
  withCamera: boolean,
  { microphoneId, cameraId }: { microphoneId: string | null; cameraId: string | null },
): Promise<void> {
  const microphone = async () => {
    await media.startMicrophone(microphoneId);
    if (microphoneId && media.state.microphone.problem?.code === "missing") await media.startMicrophone();
  };
  const camera = async () => {
    if (!withCamera) return;
    await media.startCamera(cameraId);
    if (cameraId && media.state.camera.problem?.code === "missing") await media.startCamera();
  };
  await Promise.all([microphone(), camera()]);
}

export const cancelCall = (): Thunk => (dispatch, _getState, services) => {
  services.media?.close();
  services.media = null;
  dispatch(prejoinClosed());
};

export const joinPrepared = (): Thunk<Promise<void>> => async (dispatch, getState, services) => {
  const { prejoin, joining } = getState().call;
  const { media, parley } = services;
  if (!prejoin || !media || joining) return;
  const { microphone, camera, muted } = media.state;
  writePrefs({ startMuted: muted, ...(prejoin.callType === "video" ? { startWithoutCamera: camera.status === "off" } : {}) });
  if (microphone.deviceId) writePrefs({ microphoneId: microphone.deviceId });
  if (camera.deviceId) writePrefs({ cameraId: camera.deviceId });
  dispatch(joiningChanged(true));
  try {
    const { channelId, callType, callId } = prejoin;
    if (callId) await parley.calls.join({ callId, channelId, callType, media });
    else await parley.calls.start(channelId, callType, media);
    services.media = null; // the call's now
    dispatch(prejoinClosed());
    dispatch(selectChannel(channelId));
    dispatch(expandedChanged(true));
  } catch (problem) {
    dispatch(joiningChanged(false));
    dispatch(tell(problem));
    // A failed join has released the devices.
    if (getState().call.prejoin && media.state.microphone.status === "off") dispatch(prepareCall(prejoin));
  }
};

/** Answers at once, with the devices chosen last time: whoever accepts a ringing call wants to speak now. */
export const acceptCall =
  (callId: string): Thunk<Promise<void>> =>
  async (dispatch, getState, { parley }) => {
    const call = getState().call.incoming.find((each) => each.callId === callId);
    if (!call) return;
    dispatch(cancelCall());
    const media = new LocalMedia();
    const prefs = readPrefs();
    media.setMuted(prefs.startMuted);
    const devices = startDevices(media, call.callType === "video" && !prefs.startWithoutCamera, prefs);
    try {
      await parley.calls.join({ callId, channelId: call.channelId, callType: call.callType, media });
      dispatch(selectChannel(call.channelId));
      dispatch(expandedChanged(true));
    } catch (problem) {
      await devices;
      media.close();
      dispatch(tell(problem));
    }
  };

export const declineCall =
  (callId: string): Thunk =>
  (dispatch, _getState, { parley }) => {
    parley.calls.reject(callId).catch((problem: unknown) => dispatch(tell(problem)));
  };

export const leaveCall = (): Thunk => (_dispatch, _getState, { parley }) => {
  void parley.calls.active?.leave();
};
