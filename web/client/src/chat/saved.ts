import type { Api } from "../api";
import type { SavedMessage } from "../wire";

/** Messages put aside for later. */
export class Saved {
  private ids: ReadonlySet<string> = new Set();

  constructor(
    private readonly api: Api,
    private readonly onChange: (ids: ReadonlySet<string>) => void,
  ) {}

  /** Of the latest, and of what was listed. */
  get known(): ReadonlySet<string> {
    return this.ids;
  }

  async load(): Promise<void> {
    this.set(new Set((await this.api.saved()).map(({ message }) => message._id)));
  }

  /** A page of them, the latest first; `before` is when the last of the page before was put aside. */
  async list(before?: string): Promise<SavedMessage[]> {
    const saved = await this.api.saved(before);
    this.set(new Set([...this.ids, ...saved.map(({ message }) => message._id)]));
    return saved;
  }

  take({ messageId, on }: { messageId: string; on: boolean }): void {
    if (this.ids.has(messageId) === on) return;
    const ids = new Set(this.ids);
    if (on) ids.add(messageId);
    else ids.delete(messageId);
    this.set(ids);
  }

  private set(ids: ReadonlySet<string>): void {
    this.ids = ids;
    this.onChange(ids);
  }
}
