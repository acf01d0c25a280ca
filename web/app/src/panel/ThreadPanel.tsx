import { type Channel, ParleyError, type ThreadView, type User } from "@parley/client";
import { useParley, useThread } from "@parley/react";
import { useEffect, useMemo, useRef } from "react";
import { Announcer } from "../chat/Announcer";
import { MessagesSkeleton } from "../chat/Beginning";
import { MessageList } from "../chat/MessageList";
import { closedBecause, useConversationOf } from "../chat/useConversationOf";
import { Composer } from "../composer/Composer";
import { channelName } from "../lib/names";
import { ConversationProvider } from "../message/context";
import { QuoteCard } from "../message/Cards";
import { TypingLine } from "../typing/TypingLine";
import { useAppDispatch } from "../store";
import { panelChanged } from "../store/panelSlice";
import { toastShown } from "../store/sessionSlice";
import { Button, IconButton } from "../ui/Button";
import { Panel } from "./Panel";

/** A thread: the message that it hangs on, the replies, and the field to write one. */
export function ThreadPanel({ channel, rootId, me, listed }: { channel: Channel; rootId: string; me: User; listed: boolean }) {
  const dispatch = useAppDispatch();
  const { chat } = useParley();
  const thread = useThread(channel._id, rootId);
  const { root, replies, pending, status, hasMore, loadingOlder, isFollowing } = thread;
  const messages = useMemo(() => (root && !hasMore ? [root, ...replies] : replies), [root, replies, hasMore]);
  const newAfter = useNewAfter(thread);
  const conversation = useConversationOf(channel, me, messages, true);
  const told = (problem: unknown) => dispatch(toastShown(ParleyError.of(problem).message, "error"));
  const tell = (work: Promise<unknown>) => void work.catch(told);
  useEffect(() => {
    const read = () => document.hasFocus() && chat.threads.markRead(rootId).catch(() => {}); // it is only a cursor
    void read();
    window.addEventListener("focus", read);
    return () => window.removeEventListener("focus", read);
  }, [chat, rootId, replies]);
  const closed = root?.isDeleted ? "The message that this thread hangs on was deleted." : closedBecause(conversation);
  const follow = (
    <IconButton
      icon="bell"
      className={isFollowing ? "icon-button-on" : ""}
      label={isFollowing ? "Stop following this thread" : "Follow this thread"}
      testId="follow"
      onClick={() => tell(chat.threads.follow(rootId, !isFollowing))}
    />
  );
  const back = <IconButton icon="back" label="Back to the threads" testId="threads-back" onClick={() => dispatch(panelChanged({ kind: "threads" }))} />;
  return (
    <Panel title="Thread" note={channelName(channel, me._id)} before={listed && back} tools={status === "ready" && follow}>
      <ConversationProvider value={conversation}>
        {status === "failed" && (
          <div className="empty" role="alert">
            <h3>The thread could not be loaded</h3>
            <Button icon="retry" onClick={() => void chat.threads.load(channel._id, rootId)}>
              Try again
            </Button>
          </div>
        )}
        {status !== "failed" && !root && <div className="messages-place messages-waiting"><MessagesSkeleton /></div>}
        {root && hasMore && (
          <div className="thread-root">
            <QuoteCard quote={{ ...root, messageId: root._id, isForwarded: false }} />
          </div>
        )}
        {root && (
          <MessageList
            messages={messages}
            pending={pending}
            newAfter={newAfter}
            hasMore={hasMore}
            loadingOlder={loadingOlder}
            hasNewer={false}
            onOlder={() => tell(chat.threads.loadOlder(rootId))}
            onNewer={() => {}}
            onNewest={() => {}}
            beginning={null}
          />
        )}
      </ConversationProvider>
      {status === "ready" && <Announcer messages={replies} me={me._id} />}
      {root && <Composer channel={channel} rootId={rootId} placeholder="Reply…" closed={closed} />}
      {root && <TypingLine channelId={channel._id} parentMessageId={rootId} />}
    </Panel>
  );
}

/** Up to where it had been read when it was opened; null when nothing of it was, for then all of it is new. */
function useNewAfter({ status, isFollowing, readSeq }: ThreadView): number | null {
  const at = useRef<number | null | undefined>(undefined);
  if (status === "ready" && at.current === undefined) at.current = isFollowing && readSeq > 0 ? readSeq : null;
  return at.current ?? null;
}
