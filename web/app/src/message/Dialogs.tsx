import type { Channel, Message, User } from "@parley/client";
import { useState } from "react";
import { ChannelLabel } from "../channels/ChannelLabel";
import { useConversationOf } from "../chat/useConversationOf";
import { channelName } from "../lib/names";
import { plainText } from "../lib/markdown";
import { clockTime, dayWithin } from "../lib/time";
import { useList } from "../panel/useList";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { forward, remove } from "../store/messageThunks";
import { messageDialogChanged } from "../store/panelSlice";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { PickList } from "../ui/PickList";
import { ConversationProvider } from "./context";
import { Markdown } from "./Markdown";
import { ActionList, ReactionChoice } from "./Toolbar";
import { useActions } from "./useActions";

/** Whatever is asked about a message now. */
export function MessageDialogs() {
  const dispatch = useAppDispatch();
  const dialog = useAppSelector((state) => state.panels.dialog);
  const me = useAppSelector((state) => state.session.ready?.user);
  if (!dialog || !me) return null;
  const close = () => dispatch(messageDialogChanged(null));
  const { kind, message } = dialog;
  if (kind === "delete") return <DeleteDialog message={message} me={me._id} onClose={close} />;
  if (kind === "forward") return <ForwardDialog message={message} me={me._id} onClose={close} />;
  if (kind === "history") return <HistoryDialog message={message} me={me._id} onClose={close} />;
  return <Sheet message={message} onClose={close} />;
}

interface DialogProps {
  message: Message;
  me: string;
  onClose: () => void;
}

function DeleteDialog({ message, me, onClose }: DialogProps) {
  const dispatch = useAppDispatch();
  return (
    <Dialog label="Delete the message?" onClose={onClose}>
      <div className="ask">
        <h2>Delete this message?</h2>
        <div className="ask-message message-text">
          <Markdown text={plainText(message.message, 400)} me={me} />
        </div>
        <p className="muted">Its words are gone for everyone; replies to it stay.</p>
        <div className="ask-actions">
          <Button onClick={onClose}>Keep</Button>
          <Button tone="danger" testId="delete-confirm" data-autofocus onClick={() => dispatch(remove(message))}>
            Delete
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function ForwardDialog({ message, me, onClose }: DialogProps) {
  const dispatch = useAppDispatch();
  const channels = useAppSelector((state) => state.channels.channels);
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLocaleLowerCase();
  const picks = channels
    .filter(({ channel }) => !channel.isArchived && channelName(channel, me).toLocaleLowerCase().includes(wanted))
    .map(({ channel }) => ({
      id: channel._id,
      testId: `forward-${channel._id}`,
      content: <ChannelLabel channel={channel} me={me} />,
    }));
  return (
    <Dialog label="Forward the message" onClose={onClose}>
      <PickList
        label="Forward to"
        placeholder="Forward to…"
        query={query}
        onQuery={setQuery}
        picks={picks}
        onPick={(id) => dispatch(forward(message, id, ""))}
        note={picks.length === 0 ? `Nothing is called “${query}”.` : plainText(message.message)}
      />
    </Dialog>
  );
}

/** What a message said before it was changed. */
function HistoryDialog({ message, me, onClose }: DialogProps) {
  const { parley } = useServices();
  const revisions = useList(() => parley.chat.actions.revisions(message._id), [parley, message._id]);
  return (
    <Dialog label="Earlier versions" onClose={onClose}>
      <div className="ask">
        <h2>Earlier versions</h2>
        {revisions === null && <p className="muted">Loading…</p>}
        {revisions && "problem" in revisions && <p role="alert">{revisions.problem}</p>}
        {revisions && "items" in revisions && (
          <ol className="revisions">
            {revisions.items.map((each) => (
              <li key={each.revision}>
                <small className="muted">
                  Until {dayWithin(each.editedAt)}, {clockTime(each.editedAt)}
                </small>
                <div className="message-text">
                  <Markdown text={each.message} me={me} />
                </div>
              </li>
            ))}
          </ol>
        )}
        <div className="ask-actions">
          <Button tone="primary" onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** What can be done with a message, from the bottom of a touch screen. */
function Sheet({ message, onClose }: { message: Message; onClose: () => void }) {
  const channel = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === message.channelId)?.channel);
  const me = useAppSelector((state) => state.session.ready?.user);
  if (!channel || !me) return null;
  return <SheetOf message={message} onClose={onClose} channel={channel} me={me} />;
}

function SheetOf({ message, channel, me, onClose }: { message: Message; channel: Channel; me: User; onClose: () => void }) {
  const conversation = useConversationOf(channel, me, [message], message.parentMessageId !== undefined);
  return (
    <Dialog label="Message actions" className="sheet" onClose={onClose}>
      <ConversationProvider value={conversation}>
        {conversation.speaks && <ReactionChoice message={message} onDone={onClose} />}
        <SheetActions message={message} onClose={onClose} />
      </ConversationProvider>
    </Dialog>
  );
}

function SheetActions({ message, onClose }: { message: Message; onClose: () => void }) {
  const actions = useActions(message);
  return (
    <div className="menu-list" role="menu" aria-label="Message actions">
      <ActionList actions={actions} onDone={onClose} />
    </div>
  );
}
