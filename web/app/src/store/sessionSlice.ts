import type { ConnectionState, Ready, User } from "@parley/client";
import { createSlice, nanoid, type PayloadAction } from "@reduxjs/toolkit";

export interface Toast {
  id: string;
  text: string;
  tone: "info" | "error";
  /** Stays until it is dismissed. */
  stays: boolean;
}

interface Session {
  connection: ConnectionState;
  ready: Ready | null;
  /** The server's clock less ours, in milliseconds. */
  offset: number;
  /** Why the session ended, when it did. */
  problem: { code: string; message: string } | null;
  toasts: Toast[];
  dialog: "switcher" | "people" | null;
}

const initialState: Session = { connection: "idle", ready: null, offset: 0, problem: null, toasts: [], dialog: null };

const slice = createSlice({
  name: "session",
  initialState,
  reducers: {
    connectionChanged: (state, { payload }: PayloadAction<ConnectionState>) => {
      state.connection = payload;
      if (payload === "online") state.problem = null;
    },
    readyArrived: (state, { payload }: PayloadAction<Ready>) => {
      state.ready = payload;
      state.offset = Date.parse(payload.serverTime) - Date.now();
    },
    userChanged: (state, { payload }: PayloadAction<User>) => {
      if (state.ready) state.ready.user = payload;
    },
    problemRaised: (state, { payload }: PayloadAction<{ code: string; message: string }>) => {
      state.problem = payload;
    },
    toastShown: {
      prepare: (text: string, tone: Toast["tone"] = "info", stays = false) => ({ payload: { id: nanoid(6), text, tone, stays } }),
      reducer: (state, { payload }: PayloadAction<Toast>) => {
        const passing = state.toasts.filter(({ stays }) => !stays).slice(-2);
        state.toasts = [...state.toasts.filter((toast) => toast.stays || passing.includes(toast)).slice(-9), payload];
      },
    },
    toastClosed: (state, { payload }: PayloadAction<string>) => {
      state.toasts = state.toasts.filter((toast) => toast.id !== payload);
    },
    dialogChanged: (state, { payload }: PayloadAction<Session["dialog"]>) => {
      state.dialog = payload;
    },
  },
});

export const { connectionChanged, readyArrived, userChanged, problemRaised, toastShown, toastClosed, dialogChanged } = slice.actions;
export default slice.reducer;
