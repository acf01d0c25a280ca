import type { Message } from "@parley/client";
import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** A message to be brought into sight; `turn` tells two wishes for the same one apart. */
export interface Target {
  channelId: string;
  messageId: string;
  turn: number;
}

interface Communication {
  /** The last message read when a channel was opened, by channel: what is above it is old. */
  newAfter: Record<string, number>;
  target: Target | null;
  /** The message of one's own that is being changed. */
  editing: string | null;
  /** What the next message quotes, by channel or thread. */
  quoting: Record<string, Message>;
  /** A channel that was made unread on purpose, and stays so until it is opened again. */
  heldUnread: string | null;
}

const initialState: Communication = { newAfter: {}, target: null, editing: null, quoting: {}, heldUnread: null };

const slice = createSlice({
  name: "communications",
  initialState,
  reducers: {
    openedAt: (state, { payload }: PayloadAction<{ channelId: string; newAfter: number | null }>) => {
      const { [payload.channelId]: _, ...others } = state.newAfter;
      const newAfter = payload.newAfter === null ? others : { ...others, [payload.channelId]: payload.newAfter };
      return { ...state, newAfter, heldUnread: null };
    },
    targetChosen: (state, { payload }: PayloadAction<Omit<Target, "turn"> | null>) => ({
      ...state,
      target: payload && { ...payload, turn: (state.target?.turn ?? 0) + 1 },
    }),
    editingChanged: (state, { payload }: PayloadAction<string | null>) => ({ ...state, editing: payload }),
    quotingChanged: (state, { payload }: PayloadAction<{ place: string; message: Message | null }>) => {
      const { [payload.place]: _, ...others } = state.quoting;
      return { ...state, quoting: payload.message ? { ...others, [payload.place]: payload.message } : others };
    },
    heldUnreadChanged: (state, { payload }: PayloadAction<string | null>) => ({ ...state, heldUnread: payload }),
  },
});

export const { openedAt, targetChosen, editingChanged, quotingChanged, heldUnreadChanged } = slice.actions;
export default slice.reducer;
