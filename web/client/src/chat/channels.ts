import type { Api } from "../api";
import type { ActiveCall, Channel, ChannelEvent, ChannelRead } from "../wire";
import { ReadMarker } from "./marker";
import { Place } from "./place";
import { Recounts } from "./recounts";
import { type ChannelState, stateOf } from "./state";

export interface ChannelsOptions {
  api: Api;
  /** Tells the server up to where one has read. */
  markAsRead: (channelId: string, seq: number) => Promise<ChannelRead>;
  /** A channel's log has taken an event. */
  onEvent: (event: ChannelEvent) => void;
  onRead: (channelId: string, readSeq: number) => void;
  onRemoved: (channelId: string) => void;
  /** Something about the list changed. */
  onChange: () => void;
}

/** The channels that one is in, and up to where one has read each. */
export class Channels {
  /** Of the database that the channels' numbers belong to. */
  private currentEpoch = "";
  private me = "";
  private readonly places = new Map<string, Place>();
  private readonly marker: ReadMarker;
  private readonly recounts: Recounts;

  constructor(private readonly options: ChannelsOptions) {
    this.marker = new ReadMarker({ send: options.markAsRead, onRead: (read) => this.takeRead(read) });
    this.recounts = new Recounts((channelId) => this.refreshOne(channelId));
  }

  get epoch(): string {
    return this.currentEpoch;
  }

  get(channelId: string): Place | undefined {
    return this.places.get(channelId);
  }

  all(): Place[] {
    return [...this.places.values()];
  }

  states(): readonly ChannelState[] {
    return this.all().map(stateOf);
  }

  /** Up to which change each is known. */
  positions(): Record<string, number> {
    return Object.fromEntries([...this.places].map(([id, place]) => [id, place.log.position]));
  }

  /** Begins anew, as another user. */
  become(userId: string): void {
    this.me = userId;
    this.places.clear();
    this.marker.stop();
  }

  /** There is a connection again. */
  resume(): void {
    this.marker.resume();
  }

  stop(): void {
    this.marker.stop();
    this.recounts.stop();
  }

  /** All that was known is void. */
  replace(epoch: string, channels: readonly Channel[]): void {
    this.currentEpoch = epoch;
    this.places.clear();
    channels.forEach((channel) => this.add(channel));
  }

  add(channel: Channel): void {
    const place = this.places.get(channel._id);
    if (place) place.refresh(this.withoutOldCursor(channel));
    else this.places.set(channel._id, new Place(channel, this.me, (event) => this.applied(event)));
    if (!channel.me && !place?.standing.known) this.recounts.soon(channel._id);
    this.options.onChange();
  }

  remove(channelId: string): void {
    this.places.delete(channelId);
    this.marker.forget(channelId);
    this.options.onRemoved(channelId);
    this.options.onChange();
  }

  /** What no event tells: names, members, one's standing, and whether a call is on. */
  async refresh(): Promise<void> {
    const before = new Map([...this.places].map(([id, place]) => [id, place.callChanges]));
    const answer = await this.options.api.channels().catch(() => null);
    if (!answer || answer.epoch !== this.epoch) return;
    for (const fresh of answer.channels) {
      const place = this.places.get(fresh._id);
      if (!place) this.add(fresh);
      else if (place.callChanges === before.get(fresh._id)) place.refresh(this.withoutOldCursor(fresh));
    }
    this.options.onChange();
  }

  async refreshOne(channelId: string): Promise<void> {
    const fresh = await this.options.api.channel(channelId).catch(() => null);
    const place = this.places.get(channelId);
    if (!fresh || !place) return;
    place.refresh(this.withoutOldCursor(fresh));
    this.options.onChange();
  }

  setCall(channelId: string, call: ActiveCall): void {
    this.places.get(channelId)?.setCall(call);
    this.options.onChange();
  }

  endCall(channelId: string, callId: string): void {
    this.places.get(channelId)?.endCall(callId);
    this.options.onChange();
  }

  /** Everything in the channel up to now has been read. */
  markAsRead(channelId: string): void {
    const place = this.places.get(channelId);
    if (!place?.standing.known || !place.standing.read(place.lastSeq, place.log)) return;
    this.marker.mark(channelId, place.lastSeq);
    this.options.onChange();
  }

  /** What was to be told of reading in a channel is void. */
  forgetRead(channelId: string): void {
    this.marker.forget(channelId);
  }

  takeRead({ channelId, ...standing }: ChannelRead): void {
    const place = this.places.get(channelId);
    if (!place || standing.readSeq < (this.marker.pending(channelId) ?? 0)) return;
    if (place.stands(standing)) this.recounts.soon(channelId);
    this.options.onRead(channelId, standing.readSeq);
    this.options.onChange();
  }

  private applied(event: ChannelEvent): void {
    const place = this.places.get(event.data.channelId);
    if (place?.standing.apply(event, place.log)) this.recounts.soon(place.channel._id);
    this.options.onEvent(event);
    this.options.onChange();
  }

  /** A channel as fetched, without one's standing when that is older than what was read here. */
  private withoutOldCursor(fresh: Channel): Channel {
    const { me, ...rest } = fresh;
    return me && me.readSeq < (this.marker.pending(fresh._id) ?? 0) ? rest : fresh;
  }
}
