import { type Channel, ParleyError } from "@parley/client";
import { useDraft } from "@parley/react";
import { useState } from "react";
import { useServices } from "../services";
import { useAppDispatch, useAppSelector } from "../store";
import { editingChanged, openedAt, quotingChanged } from "../store/communicationSlice";
import { toastShown } from "../store/sessionSlice";
import { toNewest } from "../store/thunks";
import { viewDialogChanged } from "../store/viewSlice";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/icons";
import { NARROW, useMedia } from "../ui/useSize";
import { Editor } from "./Editor";
import { NotifyDialog, needsConfirming } from "./NotifyDialog";
import { namedNow } from "./people";
import { QuotedLine } from "./QuotedLine";

interface ComposerProps {
  channel: Channel;
  /** Of a thread: the message that it hangs on. */
  rootId?: string;
  placeholder: string;
  /** Why nothing can be written here; null when it can. */
  closed: string | null;
}

/** The field for a new message. What is not sent stays with its channel or thread, on all devices. */
export function Composer({ channel, rootId, placeholder, closed }: ComposerProps) {
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const narrow = useMedia(NARROW);
  const place = rootId ?? channel._id;
  const [text, setText] = useDraft(channel._id, rootId);
  const [asking, setAsking] = useState(false);
  const quoted = useAppSelector((state) => state.communications.quoting[place] ?? null);
  const words = text.trim();
  const sendable = (words.length > 0 || quoted !== null) && closed === null;

  const send = (confirmChannelMention = false) => {
    if (!sendable) return;
    if (!confirmChannelMention && needsConfirming(words, channel)) return setAsking(true);
    setAsking(false);
    const quote = quoted && { messageId: quoted._id, channelId: quoted.channelId, senderId: quoted.senderId, message: quoted.message, createdAt: quoted.createdAt, isForwarded: false };
    try {
      parley.chat.send(channel._id, {
        message: words,
        mentioned: namedNow(parley, channel, words),
        ...(rootId ? { parentMessageId: rootId } : {}),
        ...(quote ? { quote } : {}),
        ...(confirmChannelMention ? { confirmChannelMention } : {}),
      });
    } catch (problem) {
      return void dispatch(toastShown(ParleyError.of(problem).message, "error"));
    }
    setText("");
    parley.typing.writing.sent(channel._id, rootId);
    if (quoted) dispatch(quotingChanged({ place, message: null }));
    if (rootId) return;
    dispatch(openedAt({ channelId: channel._id, newAfter: null }));
    if (parley.chat.timeline(channel._id).hasNewer) dispatch(toNewest(channel._id));
  };
  const editLast = () => {
    const { messages } = rootId ? { messages: parley.chat.threads.view(rootId).replies } : parley.chat.timeline(channel._id);
    const me = parley.connection.ready?.user._id;
    const last = messages.findLast((each) => each.senderId._id === me && !each.isDeleted && each.messageType === "text" && (rootId || !each.parentMessageId));
    if (last) dispatch(editingChanged(last._id));
  };

  if (closed !== null) return <p className="composer-closed">{closed}</p>;
  return (
    <form
      className="composer"
      onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && parley.typing.writing.stopped(channel._id, rootId)}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Editor
        label={placeholder}
        placeholder={placeholder}
        channel={channel}
        value={text}
        onChange={(next) => {
          setText(next);
          parley.typing.writing.changed(channel._id, next, rootId);
        }}
        onSubmit={() => send()}
        onUp={editLast}
        {...(quoted ? { onCancel: () => dispatch(quotingChanged({ place, message: null })) } : {})}
        autoFocus={!narrow}
        testId={rootId ? "thread-composer" : "composer"}
        place={place}
        above={quoted && <QuotedLine message={quoted} onDrop={() => dispatch(quotingChanged({ place, message: null }))} />}
        end={
          <>
            <IconButton
              icon="clock"
              label="Send later"
              testId={rootId ? "thread-send-later" : "send-later"}
              onClick={() => dispatch(viewDialogChanged({ kind: "send-later", channelId: channel._id, ...(rootId ? { parentMessageId: rootId } : {}) }))}
            />
            <button type="submit" className="send" aria-label="Send" title="Send" data-testid={rootId ? "thread-send" : "send"} disabled={!sendable}>
              <Icon name="send" />
            </button>
          </>
        }
      />
      {asking && <NotifyDialog channel={channel} onCancel={() => setAsking(false)} onConfirm={() => send(true)} />}
    </form>
  );
}
