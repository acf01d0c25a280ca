import type { CallSnapshot, CallType, IncomingCall } from "@parley/client";
import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** A call that is about to be joined: one that is on, or, without an id, a new one. */
export interface Prejoin {
  channelId: string;
  callType: CallType;
  callId: string | null;
}

interface CallState {
  prejoin: Prejoin | null;
  joining: boolean;
  active: CallSnapshot | null;
  speaking: readonly string[];
  /** The seat that is heard most, also after it has fallen silent. */
  dominant: string | null;
  incoming: readonly IncomingCall[];
  /** The call fills the page, or floats beside the chat. */
  expanded: boolean;
  layout: "grid" | "speaker";
  chatOpen: boolean;
}

const initialState: CallState = {
  prejoin: null,
  joining: false,
  active: null,
  speaking: [],
  dominant: null,
  incoming: [],
  expanded: true,
  layout: "grid",
  chatOpen: false,
};

const slice = createSlice({
  name: "call",
  initialState,
  reducers: {
    prejoinOpened: (state, { payload }: PayloadAction<Prejoin>) => ({ ...state, prejoin: payload, joining: false }),
    prejoinClosed: (state) => ({ ...state, prejoin: null, joining: false }),
    joiningChanged: (state, { payload }: PayloadAction<boolean>) => ({ ...state, joining: payload }),
    callChanged: (state, { payload }: PayloadAction<CallSnapshot>) => ({ ...state, active: payload }),
    callBegan: (state, { payload }: PayloadAction<CallSnapshot>) => ({
      ...state,
      active: payload,
      speaking: [],
      dominant: null,
      expanded: true,
      layout: "grid" as const,
      chatOpen: false,
    }),
    callOver: (state) => ({ ...state, active: null, speaking: [], dominant: null }),
    speakingChanged: (state, { payload }: PayloadAction<readonly string[]>) => ({ ...state, speaking: payload }),
    dominantChanged: (state, { payload }: PayloadAction<string | null>) => ({ ...state, dominant: payload }),
    incomingChanged: (state, { payload }: PayloadAction<readonly IncomingCall[]>) => ({ ...state, incoming: payload }),
    expandedChanged: (state, { payload }: PayloadAction<boolean>) => ({ ...state, expanded: payload }),
    layoutChanged: (state, { payload }: PayloadAction<CallState["layout"]>) => ({ ...state, layout: payload }),
    chatToggled: (state) => ({ ...state, chatOpen: !state.chatOpen }),
  },
});

export const {
  prejoinOpened,
  prejoinClosed,
  joiningChanged,
  callChanged,
  callBegan,
  callOver,
  speakingChanged,
  dominantChanged,
  incomingChanged,
  expandedChanged,
  layoutChanged,
  chatToggled,
} = slice.actions;

/** Whether the call is over all of the page. */
export const callCovers = ({ call }: { call: CallState }) => call.active !== null && call.expanded && call.prejoin === null;

export default slice.reducer;
