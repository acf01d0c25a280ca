import type { Api } from "../api";
import type { Connection } from "../connection";
import type { Channel, ChannelChange, CreateChannel, MemberRole } from "../wire";
import { Roster } from "./roster";

/** Making, changing, entering and leaving channels. What comes of it is told to all, and so to `Chat`, by pushes. */
export class ChannelManager {
  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {}

  /** A channel's members, kept current until the roster is disposed of. */
  roster(channelId: string): Roster {
    return new Roster(this.connection, this.api, channelId);
  }

  async create(channel: CreateChannel): Promise<Channel> {
    return (await this.connection.request("createChannel", channel)).channel;
  }

  /** Changes a channel's name, description and settings; what is not given stays. */
  async update(channelId: string, change: ChannelChange): Promise<Channel> {
    return (await this.connection.request("updateChannel", { ...change, channelId })).channel;
  }

  archive(channelId: string): Promise<Channel> {
    return this.update(channelId, { isArchived: true });
  }

  restore(channelId: string): Promise<Channel> {
    return this.update(channelId, { isArchived: false });
  }

  /** Enters a channel that is open to all inside the company. */
  async enter(channelId: string): Promise<Channel> {
    return (await this.connection.request("becomeMember", channelId)).channel;
  }

  /** Leaves for good; the socket event `leaveChannel` only stops listening. */
  async leave(channelId: string): Promise<void> {
    const me = this.connection.ready?.user._id ?? "";
    await this.remove(channelId, me);
  }

  async add(channelId: string, userIds: string[]): Promise<void> {
    await this.connection.request("addMembers", { channelId, userIds });
  }

  async remove(channelId: string, userId: string): Promise<void> {
    await this.connection.request("removeMember", { channelId, userId });
  }

  async setRole(channelId: string, userId: string, role: MemberRole): Promise<void> {
    await this.connection.request("setMemberRole", { channelId, userId, role });
  }

  /** Channels that one may enter. */
  open(search = ""): Promise<Channel[]> {
    return this.api.openChannels(search);
  }

  /** One's channels that are archived. */
  archived(): Promise<Channel[]> {
    return this.api.archivedChannels();
  }
}
