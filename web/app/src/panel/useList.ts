import { ParleyError } from "@parley/client";
import { useCurrent } from "@parley/react";
import { useEffect, useState } from "react";

export type Listed<T> = { items: readonly T[] } | { problem: string } | null;

/** A list from the server, fetched again when a dependency changes; the one before stays until then. */
export function useList<T>(fetch: () => Promise<readonly T[]>, dependencies: readonly unknown[]): Listed<T> {
  const [listed, setListed] = useState<Listed<T>>(null);
  useEffect(() => {
    let current = true;
    fetch().then(
      (items) => current && setListed({ items }),
      (problem: unknown) => current && setListed({ problem: ParleyError.of(problem).message }),
    );
    return () => {
      current = false;
    };
  }, dependencies);
  return useCurrent(listed);
}
