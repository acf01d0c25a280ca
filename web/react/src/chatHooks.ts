import type { FollowedState, Message, Reader, ThreadView, Timeline } from "@parley/client";
import { useEffect, useState } from "react";
import { useLive, useParley } from "./context";

/** What there is to show of a channel. It is loaded by `chat.open`. */
export function useTimeline(channelId: string): Timeline {
  const { chat } = useParley();
  return useLive(
    (changed) => chat.on("timeline", (event) => event.channelId === channelId && changed()),
    () => chat.timeline(channelId),
    [chat, channelId],
  );
}

/** A thread, loaded and kept current while it is shown. */
export function useThread(channelId: string, rootId: string): ThreadView {
  const { chat } = useParley();
  useEffect(() => {
    void chat.threads.load(channelId, rootId);
    return () => chat.threads.close(rootId);
  }, [chat, channelId, rootId]);
  return useLive(
    (changed) => chat.on("thread", (event) => event.rootId === rootId && changed()),
    () => chat.threads.view(rootId),
    [chat, rootId],
  );
}

/** The members of a small channel, and up to where each has read; empty in a larger one. */
export function useReaders(channelId: string): readonly Reader[] {
  const { chat } = useParley();
  return useLive(
    (changed) => chat.on("readers", (event) => event.channelId === channelId && changed()),
    () => chat.receipts.of(channelId),
    [chat, channelId],
  );
}

/** What is written and not sent in a channel or a thread, the same on all devices. */
export function useDraft(channelId: string, parentMessageId?: string): [string, (text: string) => void] {
  const { chat } = useParley();
  const text = useLive(
    (changed) => chat.on("drafts", (event) => event.channelId === channelId && changed()),
    () => chat.drafts?.get(channelId, parentMessageId) ?? "",
    [chat, channelId, parentMessageId],
  );
  return [text, (next) => chat.drafts?.set(channelId, parentMessageId, next)];
}

/** The ids of messages put aside. */
export function useSaved(): ReadonlySet<string> {
  const { chat } = useParley();
  return useLive(
    (changed) => chat.on("saved", changed),
    () => chat.saved.known,
    [chat],
  );
}

interface PreviewImage {
  /** For an `img`; null while it is asked for, and when there is no picture to be had. */
  src: string | null;
  /** For the `img` that could not load it: once, another link is asked for. */
  onError: () => void;
}

/** The picture of a message's preview. */
export function usePreviewImage({ _id, revision }: Pick<Message, "_id" | "revision">): PreviewImage {
  const { pictures } = useParley();
  const [src, setSrc] = useState(() => pictures.known({ _id, revision }));
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    const show = (link: string | null) => wanted && setSrc(link);
    pictures.link({ _id, revision }, failed).then(show, () => show(null));
    return () => void (wanted = false);
  }, [pictures, _id, revision, failed]);
  return { src, onError: () => (failed === null ? setFailed(src) : setSrc(null)) };
}

/** The threads that one follows. */
export function useFollowed(): FollowedState {
  const { chat } = useParley();
  return useLive(
    (changed) => chat.on("followed", changed),
    () => chat.followed.state,
    [chat],
  );
}
