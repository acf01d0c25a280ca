import type { Channel, User } from "@parley/client";
import { useParley } from "@parley/react";
import { useAppDispatch, useAppSelector } from "../store";
import { pin } from "../store/messageThunks";
import { Button } from "../ui/Button";
import { CardList } from "./CardList";
import { MessageCard } from "./MessageCard";
import { Panel } from "./Panel";
import { useList } from "./useList";

/** What is pinned in a channel. */
export function PinsPanel(props: { channel: Channel; me: User }) {
  return (
    <Panel title="Pinned messages">
      <PinsList {...props} />
    </Panel>
  );
}

export function PinsList({ channel, me }: { channel: Channel; me: User }) {
  const dispatch = useAppDispatch();
  const { chat } = useParley();
  const role = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === channel._id)?.role);
  const may = channel.channelType === "dm" || role !== "member" || me.role === "admin";
  const pins = useList(() => chat.actions.pins(channel._id), [chat, channel._id, channel.eventSeq]);
  return (
    <CardList listed={pins} icon="pin" empty="Nothing is pinned" hint="Pin what everyone should find again: it is among a message’s actions.">
      {(message) => (
        <MessageCard key={message._id} message={message} me={me._id} tools={may && <Button onClick={() => dispatch(pin(message, false))}>Unpin</Button>} />
      )}
    </CardList>
  );
}
