import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** A dialog over the page that is about more than one message. */
export type ViewDialog =
  | { kind: "status" }
  | { kind: "create-channel" }
  | { kind: "browse"; tab: "open" | "archived" }
  | { kind: "scheduled" }
  | { kind: "send-later"; channelId: string; parentMessageId?: string }
  | { kind: "add-people"; channelId: string }
  | { kind: "report"; messageId: string; name: string }
  | { kind: "blocks" }
  | { kind: "moderation"; channelId?: string }
  | { kind: "silence"; channelId: string; userId: string; name: string }
  | { kind: "leave"; channelId: string }
  | { kind: "archive"; channelId: string };

interface View {
  dialog: ViewDialog | null;
}

const initialState: View = { dialog: null };

const slice = createSlice({
  name: "view",
  initialState,
  reducers: {
    viewDialogChanged: (state, { payload }: PayloadAction<ViewDialog | null>) => ({ ...state, dialog: payload }),
  },
});

export const { viewDialogChanged } = slice.actions;
export default slice.reducer;
