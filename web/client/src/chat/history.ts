import type { Api } from "../api";
import type { Message } from "../wire";
import type { Place } from "./place";
import { MessageWindow } from "./window";

export interface HistoryOptions {
  api: Api;
  place: (channelId: string) => Place | undefined;
  /** What is shown of a channel has changed. */
  onChange: (channelId: string) => void;
  /** The log has got messages. */
  onLoaded: (place: Place) => void;
}

/** Fetches what is looked at: the newest messages, pages before and after, and the surroundings of a message. */
export class History {
  constructor(private readonly options: HistoryOptions) {}

  /** Loads a channel's newest messages if they are not there; after a failure, again. */
  async open(channelId: string): Promise<void> {
    const place = this.options.place(channelId);
    const log = place?.log;
    if (!place || !log || log.status === "ready" || log.status === "loading") return;
    log.status = "loading";
    this.options.onChange(channelId);
    try {
      const page = await this.options.api.messages(channelId);
      // A reset in between voids the page: the status says so.
      if (log.status === "loading") log.takeLatest(page);
    } catch {
      if (log.status === "loading") log.status = "failed";
    }
    this.options.onLoaded(place);
    this.options.onChange(channelId);
  }

  /** One page further back. */
  async loadOlder(channelId: string): Promise<void> {
    const place = this.options.place(channelId);
    if (!place || place.loadingOlder) return;
    const { window, log } = place;
    const before = (window ?? log).messages[0]?.seq;
    if (before === undefined || !(window ? window.hasOlder : log.hasMore)) return;
    place.loadingOlder = true;
    this.options.onChange(channelId);
    try {
      const page = await this.options.api.messages(channelId, { before });
      if (window) window.takeOlder(log.upToDate(page), page);
      else log.takeOlder(page, before);
    } finally {
      place.loadingOlder = false;
      this.options.onChange(channelId);
    }
  }

  /** One page further towards the newest, until the past that is looked at meets them. */
  async loadNewer(channelId: string): Promise<void> {
    const place = this.options.place(channelId);
    if (!place?.window || place.loadingNewer) return;
    const { window } = place;
    place.loadingNewer = true;
    this.options.onChange(channelId);
    try {
      const page = await this.options.api.messages(channelId, { after: window.newestSeq });
      if (place.window !== window) return;
      window.takeNewer(place.log.upToDate(page));
      this.join(place);
    } finally {
      place.loadingNewer = false;
      this.options.onChange(channelId);
    }
  }

  /** Brings a message into what is shown of its channel, with what is around it. Null when it is not there. */
  async jump(channelId: string, messageId: string): Promise<Message | null> {
    const place = this.options.place(channelId);
    if (!place) return null;
    const find = (messages: readonly Message[]) => messages.find(({ _id }) => _id === messageId) ?? null;
    const shown = find((place.window ?? place.log).messages);
    if (shown && (place.window || place.log.status === "ready")) return shown;
    const page = await this.options.api.messages(channelId, { around: messageId });
    const messages = place.log.upToDate(page);
    const { window } = place;
    place.window = new MessageWindow(messages, page.hasMore);
    this.join(place);
    if (window || place.window) place.view++;
    this.options.onChange(channelId);
    return find(messages);
  }

  /** Shows the newest messages again. */
  async toNewest(channelId: string): Promise<void> {
    const place = this.options.place(channelId);
    if (!place) return;
    if (place.window) place.view++;
    place.window = null;
    this.options.onChange(channelId);
    await this.open(channelId);
  }

  /** When the window reaches what the log has, or the channel's end, the log is what is shown. */
  private join(place: Place): void {
    const { window, log } = place;
    if (!window) return;
    const reaches = log.messages.length > 0 ? log.meets(window.newestSeq) : window.newestSeq >= place.lastSeq;
    if (!reaches) return;
    log.join(window.messages, window.hasOlder);
    place.window = null;
    this.options.onLoaded(place);
  }
}
