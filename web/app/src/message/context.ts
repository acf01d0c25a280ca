import type { Channel, Reader, Sender, User } from "@parley/client";
import { createContext, useContext } from "react";

/** What a message needs to know of where it stands. */
export interface Conversation {
  channel: Channel;
  me: User;
  /** May pin, and delete others' messages. */
  moderates: boolean;
  /** May write, react and change. */
  speaks: boolean;
  inThread: boolean;
  nameOf: (userId: string) => string;
  readers: readonly Reader[];
}

const Context = createContext<Conversation | null>(null);

export const ConversationProvider = Context.Provider;

export function useConversation(): Conversation {
  const conversation = useContext(Context);
  if (!conversation) throw new Error("useConversation needs a ConversationProvider above it");
  return conversation;
}

/** What the conversation knows of people's names. */
export function namesOf(...people: readonly Iterable<Pick<Sender, "_id" | "name">>[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const some of people) for (const { _id, name } of some) names.set(_id, name);
  return names;
}
