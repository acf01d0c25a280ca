import type { ChannelEvent, Message, MessagePage } from "../wire";
import { applyToMessages } from "./apply";
import { merge } from "./merge";

/** A stretch of a channel's past that is looked at, apart from its newest messages. It shows changes, and grows both ways. */
export class MessageWindow {
  messages: readonly Message[];

  constructor(
    messages: readonly Message[],
    public hasOlder: boolean,
  ) {
    this.messages = messages;
  }

  get newestSeq(): number {
    return this.messages[this.messages.length - 1]?.seq ?? 0;
  }

  apply(event: ChannelEvent): void {
    this.messages = applyToMessages(this.messages, event);
  }

  renew(current: <T>(value: T) => T): void {
    this.messages = current(this.messages);
  }

  takeOlder(messages: readonly Message[], page: MessagePage): void {
    this.messages = merge(this.messages, messages, false);
    this.hasOlder = page.hasMore && messages.length > 0;
  }

  takeNewer(messages: readonly Message[]): void {
    this.messages = merge(this.messages, messages, false);
  }
}
