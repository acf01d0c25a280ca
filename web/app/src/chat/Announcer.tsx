import type { Message } from "@parley/client";
import { useEffect, useRef, useState } from "react";
import { plainText } from "../lib/markdown";

/** Says to a screen reader what comes in the open channel, a little later and together, so that it does not interrupt. */
export function Announcer({ messages, me }: { messages: readonly Message[]; me: string }) {
  const heard = useRef(messages[messages.length - 1]?.seq ?? 0);
  const [text, setText] = useState("");
  const last = messages[messages.length - 1];
  useEffect(() => {
    if (!last || last.seq <= heard.current) return;
    const timer = setTimeout(() => {
      const news = messages.slice(-20).filter((each) => each.seq > heard.current && each.senderId._id !== me && !each.isDeleted);
      heard.current = last.seq;
      const only = news[0];
      if (news.length === 1 && only) setText(`${only.senderId.name}: ${plainText(only.message)}`);
      else if (news.length > 1) setText(`${news.length} new messages`);
    }, 700);
    return () => clearTimeout(timer);
  }, [last, messages, me]);
  return (
    <p className="only-heard" aria-live="polite">
      {text}
    </p>
  );
}
