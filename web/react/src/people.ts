import type { OwnStatus, Presence, RosterState, ScheduleState, Sender, Writer } from "@parley/client";
import { useEffect, useMemo, useState } from "react";
import { useLive, useParley } from "./context";

/** How somebody is, while this is on the screen; undefined as long as that is not known. */
export function usePresence(userId: string | undefined): Presence | undefined {
  const { presence } = useParley();
  useEffect(() => (userId ? presence.watch([userId]) : undefined), [presence, userId]);
  return useLive(
    (changed) => presence.on("changed", (id) => id === userId && changed()),
    () => (userId ? presence.of(userId) : undefined),
    [presence, userId],
  );
}

/** What one says of oneself, and how to change it. */
export function useOwnStatus(): { own: OwnStatus | null; update: (change: Partial<OwnStatus>) => Promise<void> } {
  const { presence } = useParley();
  const own = useLive(
    (changed) => presence.on("own", changed),
    () => presence.own,
    [presence],
  );
  return { own, update: (change) => presence.update(change) };
}

/** Who is writing in a channel, or in a thread of it. */
export function useTyping(channelId: string, parentMessageId?: string): readonly Writer[] {
  const { typing } = useParley();
  return useLive(
    (changed) => typing.on("changed", (at) => at.channelId === channelId && at.parentMessageId === parentMessageId && changed()),
    () => typing.in(channelId, parentMessageId),
    [typing, channelId, parentMessageId],
  );
}

/** Another number whenever somebody has come to look otherwise. */
export function usePeopleVersion(): number {
  const { people } = useParley().connection;
  return useLive(
    (changed) => people.on("changed", changed),
    () => people.version,
    [people],
  );
}

/** A value of the server's with everybody in it as they look now. */
export function useCurrent<T>(value: T): T {
  const { people } = useParley().connection;
  const version = usePeopleVersion();
  return useMemo(() => people.current(value), [people, version, value]);
}

interface RosterView extends RosterState {
  loadMore: () => void;
  reload: () => void;
}

const LOADING: RosterState = { status: "loading", members: [], hasMore: false, problem: null };

/** A channel's members whose name contains a text, kept current while this is on the screen. */
export function useRoster(channelId: string, search = ""): RosterView {
  const { manage } = useParley();
  const [state, setState] = useState(LOADING);
  const [roster, setRoster] = useState<ReturnType<typeof manage.roster> | null>(null);
  useEffect(() => {
    const opened = manage.roster(channelId);
    const stop = opened.on("changed", setState);
    setState(opened.state);
    setRoster(opened);
    return () => {
      stop();
      opened.dispose();
    };
  }, [manage, channelId]);
  useEffect(() => roster?.search(search), [roster, search]);
  return useMemo(
    () => ({ ...state, loadMore: () => void roster?.loadMore(), reload: () => void roster?.load() }),
    [state, roster],
  );
}

/** One's messages that are sent later. */
export function useSchedule(): ScheduleState {
  const { schedule } = useParley();
  return useLive(
    (changed) => schedule.on("changed", changed),
    () => schedule.state,
    [schedule],
  );
}

/** Whom one hears nothing of. */
export function useBlocks(): readonly Sender[] {
  const { blocks } = useParley().moderation;
  return useLive(
    (changed) => blocks.on("changed", changed),
    () => blocks.list,
    [blocks],
  );
}
