import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

export interface SearchForm {
  text: string;
  channelId: string;
  senderId: string;
  /** Of the person whom `senderId` names, for people to read. */
  senderName: string;
  /** Days as a date field gives them. */
  from: string;
  until: string;
  hasFile: boolean;
  hasLink: boolean;
  isPinned: boolean;
  inThread: boolean;
}

export const EMPTY_SEARCH: SearchForm = {
  text: "",
  channelId: "",
  senderId: "",
  senderName: "",
  from: "",
  until: "",
  hasFile: false,
  hasLink: false,
  isPinned: false,
  inThread: false,
};

/** What is searched for stays when the panel is closed, so that one can go on. */
const slice = createSlice({
  name: "search",
  initialState: EMPTY_SEARCH,
  reducers: {
    searchChanged: (state, { payload }: PayloadAction<Partial<SearchForm>>) => ({ ...state, ...payload }),
    searchCleared: () => EMPTY_SEARCH,
  },
});

export const { searchChanged, searchCleared } = slice.actions;
export default slice.reducer;
