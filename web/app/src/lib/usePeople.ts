import { ParleyError, type User } from "@parley/client";
import { useEffect, useState } from "react";
import { useServices } from "../services";

export type Found = { users: User[] } | { problem: string } | null;

/** An answer, and the text that it is an answer to. */
interface Answer {
  text: string;
  found: Exclude<Found, null>;
}

/** People by a part of their name, as somebody types it; null while they are looked for. */
export function usePeople(query: string): Found {
  const { parley } = useServices();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const text = query.trim();
  useEffect(() => {
    let current = true;
    const take = (found: Answer["found"]) => current && setAnswer({ text, found });
    const look = () => parley.api.users(text).then((users) => take({ users }), (problem: unknown) => take({ problem: ParleyError.of(problem).message }));
    const timer = setTimeout(look, text ? 120 : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [parley, text]);
  return answer && untilThen(answer, text);
}

/**
 * What is shown of an answer while that to a later text is on its way: those who fit it too. So nobody is picked by Enter who
 * was not meant.
 */
export function untilThen({ text: asked, found }: Answer, text: string): Found {
  if (asked === text) return found;
  if (!("users" in found)) return null;
  const wanted = text.toLocaleLowerCase();
  const users = found.users.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
  return users.length > 0 ? { users } : null;
}
