import type { Thunk } from "../store";
import { noteOpened } from "../store/thunks";

/** Marks what came in the open channel while nobody looked, before it is noted as read. */
export const noteMissed = (): Thunk => (dispatch, getState) => {
  const { channels, communications } = getState();
  const { selectedId } = channels;
  const unread = channels.channels.find(({ channel }) => channel._id === selectedId)?.unread ?? 0;
  if (unread > 0 && communications.heldUnread !== selectedId) dispatch(noteOpened(selectedId));
};
