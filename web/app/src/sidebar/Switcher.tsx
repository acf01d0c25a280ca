import { useState } from "react";
import { ChannelLabel } from "../channels/ChannelLabel";
import { channelName } from "../lib/names";
import { useAppDispatch, useAppSelector } from "../store";
import { dialogChanged } from "../store/sessionSlice";
import { selectChannel } from "../store/thunks";
import { Dialog } from "../ui/Dialog";
import { PickList } from "../ui/PickList";

/** Ctrl or Cmd and K: to any channel by a few letters of its name. */
export function Switcher() {
  const dispatch = useAppDispatch();
  const channels = useAppSelector((state) => state.channels.channels);
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLocaleLowerCase();
  const matches = channels
    .map((each) => ({ ...each, name: channelName(each.channel, me) }))
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => rank(a, wanted) - rank(b, wanted) || lastAt(b.channel) - lastAt(a.channel));
  const picks = matches.map(({ channel, unread }) => ({
    id: channel._id,
    content: (
      <ChannelLabel channel={channel} me={me}>
        {unread > 0 && <small>{unread} new</small>}
      </ChannelLabel>
    ),
  }));
  const close = () => dispatch(dialogChanged(null));
  return (
    <Dialog label="Jump to a channel" onClose={close}>
      <PickList
        label="Jump to a channel"
        placeholder="Jump to a channel or person"
        query={query}
        onQuery={setQuery}
        picks={picks}
        onPick={(id) => {
          close();
          dispatch(selectChannel(id));
        }}
        note={picks.length === 0 ? `Nothing is called “${query}”.` : null}
      />
    </Dialog>
  );
}

const rank = ({ name, unread }: { name: string; unread: number }, wanted: string) =>
  (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 2) + (unread > 0 ? 0 : 1);

const lastAt = (channel: { lastMessageAt?: string; createdAt: string }) =>
  Date.parse(channel.lastMessageAt ?? channel.createdAt);
