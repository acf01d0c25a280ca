import type { ChannelState, ChatStatus } from "@parley/client";
import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

interface Channels {
  status: ChatStatus;
  channels: readonly ChannelState[];
  selectedId: string | null;
}

const initialState: Channels = { status: "loading", channels: [], selectedId: null };

const slice = createSlice({
  name: "channels",
  initialState,
  reducers: {
    channelsChanged: (state, { payload }: PayloadAction<readonly ChannelState[]>) => ({ ...state, channels: payload }),
    statusChanged: (state, { payload }: PayloadAction<ChatStatus>) => ({ ...state, status: payload }),
    channelSelected: (state, { payload }: PayloadAction<string | null>) => ({ ...state, selectedId: payload }),
  },
});

export const { channelsChanged, statusChanged, channelSelected } = slice.actions;
export default slice.reducer;
