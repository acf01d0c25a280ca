import type { Timeline } from "@parley/client";
import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

interface Communication {
  timelines: Record<string, Timeline>;
  /** What is written and not sent, by channel. */
  drafts: Record<string, string>;
  /** The last message seen when a channel was opened, by channel: what is above it is old. */
  newAfter: Record<string, number>;
}

const initialState: Communication = { timelines: {}, drafts: {}, newAfter: {} };

const slice = createSlice({
  name: "communications",
  initialState,
  reducers: {
    timelineChanged: (state, { payload }: PayloadAction<{ channelId: string; timeline: Timeline }>) => ({
      ...state,
      timelines: { ...state.timelines, [payload.channelId]: payload.timeline },
    }),
    draftChanged: (state, { payload }: PayloadAction<{ channelId: string; text: string }>) => {
      if (payload.text) state.drafts[payload.channelId] = payload.text;
      else delete state.drafts[payload.channelId];
    },
    openedAt: (state, { payload }: PayloadAction<{ channelId: string; newAfter: number | null }>) => {
      if (payload.newAfter === null) delete state.newAfter[payload.channelId];
      else state.newAfter[payload.channelId] = payload.newAfter;
    },
  },
});

export const { timelineChanged, draftChanged, openedAt } = slice.actions;
export default slice.reducer;
