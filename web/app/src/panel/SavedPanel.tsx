import type { User } from "@parley/client";
import { useParley, useSaved } from "@parley/react";
import { channelName } from "../lib/names";
import { useAppDispatch, useAppSelector } from "../store";
import { save } from "../store/messageThunks";
import { Button } from "../ui/Button";
import { CardList } from "./CardList";
import { MessageCard } from "./MessageCard";
import { Panel } from "./Panel";
import { useList } from "./useList";

/** What one has put aside, from all channels. */
export function SavedPanel({ me }: { me: User }) {
  const dispatch = useAppDispatch();
  const { chat } = useParley();
  const ids = useSaved();
  const channels = useAppSelector((state) => state.channels.channels);
  const saved = useList(() => chat.saved.list(), [chat, ids.size]);
  const where = (channelId: string) => {
    const channel = channels.find((each) => each.channel._id === channelId)?.channel;
    return channel ? (channel.channelType === "dm" ? channelName(channel, me._id) : `#${channel.name}`) : "";
  };
  return (
    <Panel title="Saved" note="Only you see this list">
      <CardList listed={saved} icon="bookmark" empty="Nothing is saved" hint="Put messages aside for later: they wait here on all your devices.">
        {({ message }) => (
          <MessageCard
            key={message._id}
            message={message}
            me={me._id}
            where={where(message.channelId)}
            tools={<Button onClick={() => dispatch(save(message, false))}>Done</Button>}
          />
        )}
      </CardList>
    </Panel>
  );
}
