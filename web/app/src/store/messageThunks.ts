import { type Message, ParleyError, type Sender } from "@parley/client";
import { linkOf } from "../lib/address";
import { editingChanged, heldUnreadChanged, openedAt, quotingChanged, targetChosen } from "./communicationSlice";
import type { Thunk } from "./index";
import { messageDialogChanged, panelChanged } from "./panelSlice";
import { toastShown } from "./sessionSlice";

/** Does something whose failure is told and nothing else. */
const attempt =
  (work: Promise<unknown>): Thunk<Promise<boolean>> =>
  (dispatch) =>
    work.then(
      () => true,
      (problem: unknown) => {
        dispatch(toastShown(ParleyError.of(problem).message, "error"));
        return false;
      },
    );

export const react =
  (message: Message, emoji: string): Thunk =>
  (dispatch, getState, { parley }) => {
    const me = getState().session.ready?.user._id;
    const on = !message.reactions.some((each) => each.emoji === emoji && each.userId === me);
    void dispatch(attempt(parley.chat.actions.react(message._id, emoji, on)));
  };

export const pin =
  (message: Message, on: boolean): Thunk =>
  (dispatch, _getState, { parley }) =>
    void dispatch(attempt(parley.chat.actions.pin(message._id, on)));

export const save =
  (message: Message, on: boolean): Thunk =>
  (dispatch, _getState, { parley }) => {
    void dispatch(attempt(parley.chat.actions.save(message._id, on))).then((done) => {
      if (done) dispatch(toastShown(on ? "Saved for later." : "No longer saved."));
    });
  };

export const edit =
  (message: Message, text: string, mentioned: readonly Sender[], confirmed = false): Thunk<Promise<boolean>> =>
  async (dispatch, _getState, { parley }) => {
    const done = text === message.message || (await dispatch(attempt(parley.chat.actions.edit(message, text, mentioned, confirmed))));
    if (done) dispatch(editingChanged(null));
    return done;
  };

export const remove =
  (message: Message): Thunk =>
  (dispatch, _getState, { parley }) => {
    dispatch(messageDialogChanged(null));
    void dispatch(attempt(parley.chat.actions.remove(message._id)));
  };

export const markUnread =
  (message: Message): Thunk =>
  (dispatch, _getState, { parley }) => {
    dispatch(openedAt({ channelId: message.channelId, newAfter: message.seq - 1 }));
    dispatch(heldUnreadChanged(message.channelId));
    void dispatch(attempt(parley.chat.markAsUnread(message)));
  };

export const openThread =
  (message: Message): Thunk =>
  (dispatch) =>
    dispatch(panelChanged({ kind: "thread", channelId: message.channelId, rootId: message.parentMessageId ?? message._id }));

/** Quotes a message where it stands: in its channel, or in its thread. */
export const quote =
  (message: Message): Thunk =>
  (dispatch) => {
    dispatch(quotingChanged({ place: message.parentMessageId ?? message.channelId, message }));
    document.querySelector<HTMLElement>(`[data-composer="${message.parentMessageId ?? message.channelId}"]`)?.focus();
  };

export const forward =
  (message: Message, channelId: string, text: string): Thunk =>
  (dispatch, getState, { parley }) => {
    const { _id: messageId, senderId, createdAt, message: words } = message;
    const isForwarded = channelId !== message.channelId;
    parley.chat.send(channelId, { message: text, quote: { messageId, channelId: message.channelId, senderId, message: words, createdAt, isForwarded } });
    dispatch(messageDialogChanged(null));
    if (getState().channels.selectedId !== channelId) dispatch(toastShown("Forwarded."));
  };

export const copyLink =
  (message: Message): Thunk =>
  (dispatch) => {
    const done = navigator.clipboard?.writeText(linkOf(message.channelId, message._id)) ?? Promise.reject(new Error("The browser does not allow copying here."));
    void dispatch(attempt(done)).then((copied) => copied && dispatch(toastShown("Link copied.")));
  };

/** Brings a message into sight, wherever it stands. */
export const jumpTo =
  (channelId: string, messageId: string): Thunk<Promise<void>> =>
  async (dispatch, _getState, { parley }) => {
    try {
      const message = await parley.chat.history.jump(channelId, messageId);
      if (!message) throw new ParleyError("message_not_found", "This message is not here any more.");
      const rootId = message.parentMessageId;
      if (rootId) {
        dispatch(panelChanged({ kind: "thread", channelId, rootId }));
        await parley.chat.history.jump(channelId, rootId);
      }
      dispatch(targetChosen({ channelId, messageId }));
    } catch (problem) {
      dispatch(toastShown(ParleyError.of(problem).message, "error"));
    }
  };
