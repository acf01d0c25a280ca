import type { Message } from "@parley/client";
import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

export type DetailsTab = "about" | "members" | "pins";

/** What stands beside the conversation. */
export type Panel =
  | { kind: "thread"; channelId: string; rootId: string; /** Opened from the list of threads, to which one can go back. */ listed?: boolean }
  | { kind: "threads" }
  | { kind: "pins"; channelId: string }
  | { kind: "details"; channelId: string; tab: DetailsTab }
  | { kind: "search" }
  | { kind: "saved" };

/** What a message is asked about. */
export type MessageDialog =
  | { kind: "delete"; message: Message }
  | { kind: "forward"; message: Message }
  | { kind: "history"; message: Message }
  | { kind: "sheet"; message: Message };

interface Panels {
  panel: Panel | null;
  dialog: MessageDialog | null;
}

const initialState: Panels = { panel: null, dialog: null };

const slice = createSlice({
  name: "panels",
  initialState,
  reducers: {
    panelChanged: (state, { payload }: PayloadAction<Panel | null>) => ({ ...state, panel: payload }),
    messageDialogChanged: (state, { payload }: PayloadAction<MessageDialog | null>) => ({ ...state, dialog: payload }),
  },
});

export const { panelChanged, messageDialogChanged } = slice.actions;
export default slice.reducer;
