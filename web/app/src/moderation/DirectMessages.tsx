import type { OpenedDM, Report } from "@parley/client";
import { DMForm } from "./DMForm";
import { DMReader } from "./DMReader";

/** Direct messages that are asked for from a report. */
export interface AskedDM {
  channelId: string;
  about: Report;
}

interface DirectMessagesProps {
  asked: AskedDM | null;
  onAsked: (asked: AskedDM | null) => void;
  opened: OpenedDM | null;
  onOpened: (opened: OpenedDM | null) => void;
}

/** Others' direct messages: first why, then, for a quarter of an hour, what they say. */
export function DirectMessages({ asked, onAsked, opened, onOpened }: DirectMessagesProps) {
  const done = () => {
    onOpened(null);
    onAsked(null);
  };
  if (opened) return <DMReader opened={opened} onDone={done} />;
  return <DMForm key={asked?.channelId ?? ""} asked={asked} onOther={() => onAsked(null)} onOpened={onOpened} />;
}
