import { ParleyError, type SearchQuery, type SearchResult } from "@parley/client";
import { useCurrent } from "@parley/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useServices } from "../services";

export interface Found {
  status: "idle" | "looking" | "ready" | "failed";
  results: readonly SearchResult[];
  hasMore: boolean;
  problem: string;
}

const NOTHING: Found = { status: "idle", results: [], hasMore: false, problem: "" };
const PAUSE_MS = 250;

/** Searches when the question has rested for a moment; what was found before stays until then. */
export function useSearch(query: SearchQuery | null): Found & { more: () => void } {
  const { parley } = useServices();
  const [found, setFound] = useState(NOTHING);
  const turn = useRef(0);
  const cursor = useRef<string | undefined>(undefined);
  const asked = JSON.stringify(query);

  const look = useCallback(
    async (more: boolean) => {
      const question = JSON.parse(asked) as SearchQuery | null;
      if (!question) return setFound(NOTHING);
      const mine = ++turn.current;
      setFound((before) => ({ ...before, status: "looking" }));
      try {
        const page = await parley.search.find(more && cursor.current ? { ...question, cursor: cursor.current } : question);
        if (mine !== turn.current) return;
        cursor.current = page.cursor;
        setFound((before) => ({ status: "ready", results: more ? [...before.results, ...page.results] : page.results, hasMore: page.hasMore, problem: "" }));
      } catch (error) {
        if (mine === turn.current) setFound((before) => ({ ...before, status: "failed", problem: ParleyError.of(error).message }));
      }
    },
    [parley, asked],
  );
  useEffect(() => {
    turn.current++; // an answer to the question before is not wanted any more
    const timer = setTimeout(() => void look(false), asked === "null" ? 0 : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [look, asked]);
  return { ...found, results: useCurrent(found.results), more: () => void look(true) };
}
