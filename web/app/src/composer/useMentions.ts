import type { Channel, Sender } from "@parley/client";
import { useEffect, useState } from "react";
import { mentionQuery } from "../lib/mentions";
import { useServices } from "../services";
import { rememberPeople } from "./people";

export interface Suggestion {
  key: string;
  /** Null for everyone. */
  person: Sender | null;
  word: string;
  note: string;
}

const EVERYONE: Suggestion = { key: "channel", person: null, word: "channel", note: "Notify everyone in this channel" };

/** Whom the name that is being written at the cursor may mean. */
export function useMentions(channel: Channel, text: string, cursor: number | null): { from: number; found: Suggestion[] } | null {
  const { parley } = useServices();
  const asked = cursor === null ? null : mentionQuery(text, cursor);
  const query = asked?.query ?? null;
  const [found, setFound] = useState<{ query: string; people: Suggestion[] } | null>(null);
  useEffect(() => {
    if (query === null) return setFound(null);
    let current = true;
    const search = async () => {
      const { participants } = await parley.api.participants(channel._id, { limit: 8, ...(query.trim() ? { search: query.trim() } : {}) });
      const people = participants.map(({ userId, name, avatarUrl }) => ({ _id: userId, name, avatarUrl }));
      rememberPeople(channel._id, people);
      const suggestions = people.map((person) => ({ key: person._id, person, word: person.name, note: "" }));
      if (current) setFound({ query, people: suggestions });
    };
    const timer = setTimeout(() => void search().catch(() => {}), query ? 80 : 0); // without an answer nothing is offered
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [parley, channel._id, query]);
  if (!asked || !found) return null;
  const wanted = asked.query.toLowerCase();
  const people = found.people.filter(({ word }) => word.toLowerCase().includes(wanted.trim()));
  const everyone = channel.channelType !== "dm" && "channel everyone here".split(" ").some((word) => word.startsWith(wanted)) ? [EVERYONE] : [];
  const all = [...people, ...everyone];
  return all.length > 0 ? { from: asked.from, found: all } : null;
}
