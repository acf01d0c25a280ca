import type { Suggestions } from "@parley/client";
import type { SearchForm } from "../store/searchSlice";

/** One of the suggestions: what it says, and what it makes of the search. */
export interface Suggested {
  key: string;
  group: "people" | "channels";
  name: string;
  avatarUrl: string;
  form: Partial<SearchForm>;
}

/** People first, then channels, as filters in place of the text that was typed for them. */
export function suggestedOf({ people, channels }: Suggestions): Suggested[] {
  return [
    ...people.map(({ _id, name, avatarUrl }) => ({ key: _id, group: "people" as const, name, avatarUrl, form: { text: "", senderId: _id, senderName: name } })),
    ...channels.map(({ _id, name }) => ({ key: _id, group: "channels" as const, name, avatarUrl: "", form: { text: "", channelId: _id } })),
  ];
}

/** Where an arrow leads in a list of so many; -1 is the field, and `past` what comes after the list. */
export function moved(at: number, key: string, count: number): number | "past" | null {
  if (key === "ArrowDown") return at + 1 < count ? at + 1 : "past";
  if (key === "ArrowUp" && at >= 0) return at - 1;
  return null;
}
