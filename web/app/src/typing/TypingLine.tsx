import { useTyping } from "@parley/react";

/** Who is writing, in a line that keeps its place when nobody is. */
export function TypingLine({ channelId, parentMessageId }: { channelId: string; parentMessageId?: string }) {
  const line = typingLine(useTyping(channelId, parentMessageId).map(({ name }) => name));
  return (
    <p className="typing-line" role="status" data-testid="typing">
      {line && (
        <>
          <span className="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {line}
        </>
      )}
    </p>
  );
}

/** “Bob is typing…”, “Bob and Carol are typing…”, “Several people are typing…” */
export function typingLine(names: readonly string[]): string {
  const [first, second, third] = names;
  if (!first) return "";
  if (!second) return `${first} is typing…`;
  return third ? "Several people are typing…" : `${first} and ${second} are typing…`;
}
