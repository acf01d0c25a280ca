import type { Api } from "../api";
import type { Channel, MessagesRead } from "../wire";

/** A member of a small channel, and up to where they have read. */
export interface Reader {
  readonly userId: string;
  readonly name: string;
  readonly avatarUrl: string;
  readonly readSeq: number;
}

/** The largest channel in which it is told who has read what. */
export const MAX_RECEIPTS = 50;

const NOBODY: readonly Reader[] = [];

/** Who has read what, in the small channels that were opened. */
export class Receipts {
  private readonly channels = new Map<string, readonly Reader[]>();

  constructor(
    private readonly api: Api,
    private readonly onChange: (channelId: string) => void,
  ) {}

  of(channelId: string): readonly Reader[] {
    return this.channels.get(channelId) ?? NOBODY;
  }

  async load({ _id: channelId, participantCount }: Channel): Promise<void> {
    if (participantCount > MAX_RECEIPTS) return this.drop(channelId);
    const [reads, { participants }] = await Promise.all([this.api.reads(channelId), this.api.participants(channelId, { limit: 100 })]);
    const cursors = new Map(reads.map(({ userId, readSeq }) => [userId, readSeq]));
    const before = new Map(this.of(channelId).map(({ userId, readSeq }) => [userId, readSeq]));
    const readers = participants.map(({ userId, name, avatarUrl }) => {
      const readSeq = Math.max(cursors.get(userId) ?? 0, before.get(userId) ?? 0);
      return { userId, name, avatarUrl, readSeq };
    });
    this.channels.set(channelId, readers);
    this.onChange(channelId);
  }

  /** Loads what was loaded again: pushes may have been missed. */
  reload(channels: Iterable<Channel>): void {
    for (const channel of channels) if (this.channels.has(channel._id)) this.load(channel).catch(() => {});
  }

  /** Brings up to date how people look. */
  renew(current: <T>(value: T) => T): void {
    for (const [channelId, readers] of this.channels) {
      const after = current(readers);
      if (after === readers) continue;
      this.channels.set(channelId, after);
      this.onChange(channelId);
    }
  }

  take({ channelId, userId, readSeq }: Omit<MessagesRead, "messageIds">): void {
    const readers = this.channels.get(channelId);
    const at = readers?.findIndex((reader) => reader.userId === userId && reader.readSeq < readSeq) ?? -1;
    if (!readers || at < 0) return;
    this.channels.set(channelId, readers.with(at, { ...readers[at]!, readSeq }));
    this.onChange(channelId);
  }

  drop(channelId: string): void {
    this.channels.delete(channelId);
  }
}
