import type { Message, Quote } from "@parley/client";
import { plainText } from "../lib/markdown";
import { clockTime, dayLabel, dayWithin, fullTime } from "../lib/time";
import { useAppDispatch, useAppSelector } from "../store";
import { openThread } from "../store/messageThunks";
import { openMessage } from "../store/thunks";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";

/** Another message within one. A click leads to it, if it is in a channel of one's own. */
export function QuoteCard({ quote }: { quote: Quote }) {
  const dispatch = useAppDispatch();
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === quote.channelId)?.channel);
  const where = quote.isForwarded && channel && channel.channelType !== "dm" ? ` in #${channel.name}` : "";
  const content = (
    <>
      <span className="quote-head">
        {quote.isForwarded && <Icon name="forward" size={13} />}
        <strong>{quote.senderId.name}</strong>
        <time dateTime={quote.createdAt} title={fullTime(quote.createdAt)}>
          {dayLabel(quote.createdAt)}, {clockTime(quote.createdAt)}
          {where}
        </time>
      </span>
      <span className="quote-text" dir="auto">
        {plainText(quote.message, 300) || "A message without words"}
      </span>
    </>
  );
  if (!channel) return <div className="quote">{content}</div>;
  return (
    <button type="button" className="quote" data-testid="quote" onClick={() => dispatch(openMessage(quote.channelId, quote.messageId))}>
      {content}
    </button>
  );
}

/** How many replies hang on a message, by whom. */
export function ThreadSummary({ message }: { message: Message }) {
  const dispatch = useAppDispatch();
  const { threadCount, lastRepliers, lastReplyAt } = message;
  return (
    <button type="button" className="thread-summary" data-testid="thread-summary" onClick={() => dispatch(openThread(message))}>
      <span className="thread-faces">
        {lastRepliers.slice(0, 4).map((person) => (
          <Avatar key={person._id} id={person._id} name={person.name} url={person.avatarUrl} size="xs" />
        ))}
      </span>
      <strong>
        {threadCount} {threadCount === 1 ? "reply" : "replies"}
      </strong>
      {lastReplyAt && (
        <small>
          Last {dayWithin(lastReplyAt)} at {clockTime(lastReplyAt)}
        </small>
      )}
    </button>
  );
}
