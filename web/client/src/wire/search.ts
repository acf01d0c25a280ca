import type { Answer, Id, Ok, User } from "./base";
import type { Message } from "./message";

export interface SearchFilters {
  channelId?: Id;
  senderId?: Id;
  parentMessageId?: Id;
  /** image, video, audio, or a media type. */
  fileType?: string;
  /** A day of UTC, or a time. */
  after?: string;
  before?: string;
  on?: string;
  cursor?: string;
}

export interface SearchFlags<B> {
  hasFile?: B;
  hasLink?: B;
  isPinned?: B;
  inThread?: B;
}

export interface SearchResult {
  message: Message;
  /** HTML: escaped by the server, with matches in <mark>. */
  highlight: string;
}

export interface SearchAnswer {
  results: SearchResult[];
  hasMore: boolean;
  cursor?: string;
}

export interface Suggestions {
  channels: { _id: Id; name: string; channelType: "dm" | "general" | "project" | "department" }[];
  people: User[];
}

export interface SearchRequests {
  search: { request: { q?: string } & SearchFilters & SearchFlags<boolean>; ack: Ok & SearchAnswer };
}

export interface SearchRest {
  "GET /api/communications/search": {
    query: { q?: string } & SearchFilters & SearchFlags<"true" | "false">;
    response: Answer<SearchAnswer>;
  };
  "GET /api/communications/search/suggest": { query: { q: string }; response: Answer<Suggestions> };
}
