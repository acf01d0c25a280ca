import type { Api } from "../api";
import type { Connection } from "../connection";
import type { EditMessage, Message, NotifyLevel, Revision, Sender } from "../wire";

/** The eight emoji that messages can carry. */
export const REACTIONS = ["👍", "❤️", "😂", "😮", "😢", "🎉", "🔥", "👏"] as const;

/** What can be done with a message. What comes of it is told to all as a change of the channel. */
export class MessageActions {
  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {}

  /** Changes one's own words. `message` is as it was seen: when it was changed in between, that is an error. */
  async edit({ _id: messageId, revision }: Message, text: string, mentioned: readonly Sender[] = [], confirmed = false): Promise<void> {
    const request: EditMessage = { messageId, message: text, revision, mentions: mentioned.map(({ _id }) => _id) };
    if (confirmed) request.confirmChannelMention = true;
    await this.connection.request("editMessage", request);
  }

  async remove(messageId: string): Promise<void> {
    await this.connection.request("deleteMessage", messageId);
  }

  async react(messageId: string, emoji: string, on: boolean): Promise<void> {
    await this.connection.request("addReaction", { messageId, emoji, on });
  }

  async pin(messageId: string, on: boolean): Promise<void> {
    await this.connection.request("pinMessage", { messageId, on });
  }

  async save(messageId: string, on: boolean): Promise<void> {
    await this.connection.request("saveMessage", { messageId, on });
  }

  async setNotifications(channelId: string, notifyLevel: NotifyLevel): Promise<void> {
    await this.connection.request("setNotifications", { channelId, notifyLevel });
  }

  pins(channelId: string): Promise<Message[]> {
    return this.api.pins(channelId);
  }

  /** What an edited message said before, for those who may see it. */
  revisions(messageId: string): Promise<Revision[]> {
    return this.api.revisions(messageId);
  }
}
