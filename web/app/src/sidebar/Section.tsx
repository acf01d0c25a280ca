import type { ChannelState } from "@parley/client";
import { type ReactNode, useId, useState } from "react";
import { readPrefs, writePrefs } from "../lib/prefs";
import { Icon } from "../ui/icons";
import { ChannelItem } from "./ChannelItem";

interface SectionProps {
  id: string;
  title: string;
  states: readonly ChannelState[];
  me: string;
  selectedId: string | null;
  tools: ReactNode;
}

/** Channels of a kind. Folded away, it still shows those with news and the one that is open. */
export function Section({ id, title, states, me, selectedId, tools }: SectionProps) {
  const [folded, setFolded] = useState(() => readPrefs().folded.includes(id));
  const list = useId();
  const shown = folded ? states.filter(({ badge, channel }) => badge > 0 || channel._id === selectedId) : states;
  const fold = () => {
    const others = readPrefs().folded.filter((each) => each !== id);
    writePrefs({ folded: folded ? others : [...others, id] });
    setFolded(!folded);
  };
  return (
    <>
      <h2 className="section">
        <button type="button" className="section-fold" aria-expanded={!folded} aria-controls={list} onClick={fold}>
          <Icon name="chevron" size={14} />
          {title}
        </button>
        {tools}
      </h2>
      <ul className="channel-list" id={list}>
        {shown.map((each) => (
          <ChannelItem key={each.channel._id} {...each} me={me} selected={each.channel._id === selectedId} />
        ))}
      </ul>
    </>
  );
}
