import { ParleyError, type User } from "@parley/client";
import { useEffect, useState } from "react";
import { useServices } from "../services";

export type Found = { users: User[] } | { problem: string } | null;

/** People by a part of their name, as somebody types it; null while they are looked for. */
export function usePeople(query: string): Found {
  const { parley } = useServices();
  const [found, setFound] = useState<Found>(null);
  useEffect(() => {
    let current = true;
    const look = () =>
      parley.api.users(query.trim()).then(
        (users) => current && setFound({ users }),
        (problem: unknown) => current && setFound({ problem: ParleyError.of(problem).message }),
      );
    const timer = setTimeout(look, query ? 120 : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [parley, query]);
  return found;
}
