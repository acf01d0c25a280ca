import type { ActiveCall, Channel, ChannelEvent, Standing } from "../wire";
import { ChannelLog } from "./log";
import { LiveStanding } from "./standing";
import type { MessageWindow } from "./window";

/** One channel as this client keeps it: what it is, and what was said in it. */
export class Place {
  readonly log: ChannelLog;
  readonly standing: LiveStanding;
  /** The past that is looked at instead of the newest messages. */
  window: MessageWindow | null = null;
  /** Counts when what is shown is replaced by another stretch, and not only grows. */
  view = 0;
  loadingOlder = false;
  loadingNewer = false;
  /** Counts pushes about the channel's call, so that an answer from before them does not undo them. */
  callChanges = 0;

  constructor(
    public channel: Channel,
    me: string,
    onEvent: (event: ChannelEvent) => void,
  ) {
    this.standing = new LiveStanding(me);
    this.log = new ChannelLog(channel.eventSeq, (event) => {
      this.channel = afterEvent(this.channel, event);
      this.window?.apply(event);
      onEvent(event);
    });
    this.count(channel);
  }

  /** How many messages there are, as far as this client knows. */
  get lastSeq(): number {
    return Math.max(this.channel.seq, this.log.messages[this.log.messages.length - 1]?.seq ?? 0);
  }

  /** Takes the channel as fetched, except for what events have already moved further. */
  refresh(fresh: Channel): void {
    this.count(fresh);
    const newer = fresh.eventSeq < this.channel.eventSeq ? toldOf(this.channel) : {};
    this.channel = { ...fresh, ...newer };
  }

  /** Brings up to date how people look. */
  renew(current: <T>(value: T) => T): void {
    this.channel = current(this.channel);
    this.log.renew(current);
    this.window?.renew(current);
  }

  private count({ me, seq }: { me?: Standing; seq: number }): void {
    if (me) this.standing.fetched(me, seq, this.log);
  }

  /** Takes how one stands, as told of it on any device. True when only a recount can tell whether a message on its way is in it. */
  stands(standing: Standing): boolean {
    if (this.channel.channelType === "dm") this.channel = { ...this.channel, isArchived: standing.isArchived === true };
    return this.standing.pushed(standing, this.log);
  }

  setCall(call: ActiveCall): void {
    this.callChanges++;
    this.channel = { ...this.channel, activeCall: call };
  }

  endCall(callId: string): void {
    this.callChanges++;
    const { activeCall, ...rest } = this.channel;
    if (activeCall?.callId === callId) this.channel = rest;
  }
}

/** All of a channel that events tell. */
function toldOf(channel: Channel): Partial<Channel> {
  const { seq, eventSeq, messageCount, lastMessage, lastMessageAt, participantCount } = channel;
  const { name, description, avatar, is_private, isArchived, isReadOnly, isInternal, slowModeSeconds, project } = channel;
  return {
    ...{ seq, eventSeq, messageCount, participantCount, name, description, is_private, isArchived, isReadOnly, isInternal, slowModeSeconds },
    ...(avatar === undefined ? {} : { avatar }),
    ...(project ? { project } : {}),
    ...(lastMessage ? { lastMessage } : {}),
    ...(lastMessageAt ? { lastMessageAt } : {}),
  };
}

function afterEvent(channel: Channel, event: ChannelEvent): Channel {
  const eventSeq = event.eventSeq;
  if (event.event === "messageEdited") return { ...channel, eventSeq, ...lastSays(channel, event.data.messageId, event.data.message) };
  if (event.event === "messageDeleted") return { ...channel, eventSeq, ...lastSays(channel, event.data.messageId, "") };
  if (event.event === "channelUpdated") {
    const { channelId: _, ...now } = event.data;
    return { ...channel, ...now };
  }
  if (event.event === "channelTurned") return { ...channel, eventSeq, isInternal: event.data.isInternal };
  if (event.event === "membersAdded" || event.event === "memberRemoved") {
    return { ...channel, eventSeq, participantCount: event.data.participantCount };
  }
  if (event.event !== "newMessage") return { ...channel, eventSeq };
  const { message } = event.data;
  return {
    ...channel,
    eventSeq,
    seq: Math.max(channel.seq, message.seq),
    isArchived: channel.isArchived && channel.channelType !== "dm",
    messageCount: channel.messageCount + 1,
    lastMessageAt: message.createdAt,
    lastMessage: {
      _id: message._id,
      senderId: message.senderId._id,
      senderName: message.senderId.name,
      message: message.message,
      createdAt: message.createdAt,
    },
  };
}

function lastSays(channel: Channel, messageId: string, message: string): Pick<Channel, "lastMessage"> | undefined {
  const last = channel.lastMessage;
  return last?._id === messageId ? { lastMessage: { ...last, message: [...message].slice(0, 140).join("") } } : undefined;
}
