type Store = Pick<Storage, "getItem" | "setItem">;

/** Up to which message each channel has been looked at on this device. */
export class Seen {
  private readonly seqs: Map<string, number>;

  constructor(
    private readonly key: string,
    private readonly storage?: Store | undefined,
  ) {
    this.seqs = restore(key, storage);
  }

  /** How many messages came since. A channel never seen before counts from now on, not from its beginning. */
  unread(channelId: string, seq: number): number {
    const seen = this.seqs.get(channelId);
    if (seen === undefined) {
      this.seqs.set(channelId, seq);
      return 0;
    }
    return Math.max(0, seq - seen);
  }

  /** Notes a channel that is new to this user, all of whose messages are unread. */
  begin(channelId: string): void {
    if (!this.seqs.has(channelId)) this.seqs.set(channelId, 0);
  }

  /** True when this is news. */
  mark(channelId: string, seq: number): boolean {
    if ((this.seqs.get(channelId) ?? -1) >= seq) return false;
    this.seqs.set(channelId, seq);
    this.save();
    return true;
  }

  save(): void {
    try {
      this.storage?.setItem(this.key, JSON.stringify(Object.fromEntries(this.seqs)));
    } catch {
      // Without storage the marks last as long as the page.
    }
  }
}

function restore(key: string, storage: Store | undefined): Map<string, number> {
  try {
    const saved: unknown = JSON.parse(storage?.getItem(key) ?? "{}");
    if (typeof saved !== "object" || saved === null) return new Map();
    return new Map(Object.entries(saved).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch {
    return new Map();
  }
}
