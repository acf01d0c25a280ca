import { type ChannelChange, type CreateChannel, type MemberRole, type NotifyLevel, ParleyError } from "@parley/client";
import type { Thunk } from "./index";
import { type DetailsTab, panelChanged } from "./panelSlice";
import { toastShown } from "./sessionSlice";
import { selectChannel } from "./thunks";
import { viewDialogChanged } from "./viewSlice";

/** Does something, tells its failure, and says whether it was done. */
export const attempt =
  (work: () => Promise<unknown>): Thunk<Promise<boolean>> =>
  async (dispatch) => {
    try {
      await work();
      return true;
    } catch (problem) {
      dispatch(toastShown(ParleyError.of(problem).message, "error"));
      return false;
    }
  };

// --- What stands beside the conversation

export const showDetails =
  (channelId: string, tab: DetailsTab = "about"): Thunk =>
  (dispatch, getState) => {
    if (getState().channels.selectedId !== channelId) dispatch(selectChannel(channelId));
    dispatch(panelChanged({ kind: "details", channelId, tab }));
  };

export const toggleDetails =
  (channelId: string): Thunk =>
  (dispatch, getState) => {
    const { panel } = getState().panels;
    if (panel?.kind === "details" && panel.channelId === channelId) dispatch(panelChanged(null));
    else dispatch(showDetails(channelId));
  };

// --- Channels

/** Rejects when it is refused, so that the form can say why. */
export const createChannel =
  (channel: CreateChannel): Thunk<Promise<void>> =>
  async (dispatch, _getState, { parley }) => {
    const { _id } = await parley.manage.create(channel);
    dispatch(viewDialogChanged(null));
    dispatch(selectChannel(_id));
  };

/** Does something about a channel, and goes there when it was done. */
const goAfter =
  (channelId: string, work: () => Promise<unknown>): Thunk<Promise<void>> =>
  async (dispatch) => {
    if (!(await dispatch(attempt(work)))) return;
    dispatch(viewDialogChanged(null));
    dispatch(selectChannel(channelId));
  };

export const enterChannel =
  (channelId: string): Thunk<Promise<void>> =>
  (dispatch, _getState, { parley }) =>
    dispatch(goAfter(channelId, () => parley.manage.enter(channelId)));

export const leaveChannel =
  (channelId: string): Thunk<Promise<void>> =>
  async (dispatch, getState, { parley }) => {
    const left = await dispatch(attempt(() => parley.manage.leave(channelId)));
    dispatch(viewDialogChanged(null));
    if (left && getState().channels.selectedId === channelId) dispatch(selectChannel(null));
  };

export const updateChannel =
  (channelId: string, change: ChannelChange): Thunk<Promise<boolean>> =>
  (dispatch, _getState, { parley }) =>
    dispatch(attempt(() => parley.manage.update(channelId, change)));

export const archiveChannel =
  (channelId: string): Thunk<Promise<void>> =>
  async (dispatch, getState, { parley }) => {
    const done = await dispatch(attempt(() => parley.manage.archive(channelId)));
    dispatch(viewDialogChanged(null));
    if (done && getState().channels.selectedId === channelId) dispatch(panelChanged(null));
    if (done) dispatch(toastShown("Archived. It is kept among the archived channels."));
  };

export const restoreChannel =
  (channelId: string): Thunk<Promise<void>> =>
  (dispatch, _getState, { parley }) =>
    dispatch(goAfter(channelId, () => parley.manage.restore(channelId)));

export const notifyOf =
  (channelId: string, level: NotifyLevel): Thunk =>
  (dispatch, _getState, { parley }) =>
    void dispatch(attempt(() => parley.chat.actions.setNotifications(channelId, level)));

// --- Members

export const addPeople =
  (channelId: string, userIds: string[]): Thunk<Promise<boolean>> =>
  (dispatch, _getState, { parley }) =>
    dispatch(attempt(() => parley.manage.add(channelId, userIds)));

export const removeMember =
  (channelId: string, userId: string): Thunk =>
  (dispatch, _getState, { parley }) =>
    void dispatch(attempt(() => parley.manage.remove(channelId, userId)));

export const setRole =
  (channelId: string, userId: string, role: MemberRole): Thunk =>
  (dispatch, _getState, { parley }) =>
    void dispatch(attempt(() => parley.manage.setRole(channelId, userId, role)));
