import { Emitter, ParleyError } from "@parley/client";

export interface Page<T> {
  items: readonly T[];
  hasMore: boolean;
}

export interface PagesState<T> extends Page<T> {
  status: "loading" | "ready" | "failed";
  problem: string;
}

/** A list that the server gives in pages. An answer counts only if nothing was asked for after it. */
export class Pages<T> extends Emitter<{ changed: undefined }> {
  private current: PagesState<T> = { items: [], hasMore: false, status: "loading", problem: "" };
  private turn = 0;

  /** Fetches what comes after an item, or the first page. */
  constructor(private readonly fetch: (last: T | undefined) => Promise<Page<T>>) {
    super();
  }

  get state(): PagesState<T> {
    return this.current;
  }

  /** The first page, in place of all that is here once it has come. */
  load(): Promise<void> {
    return this.page([]);
  }

  more(): Promise<void> {
    return this.page(this.current.items);
  }

  private async page(before: readonly T[]): Promise<void> {
    const mine = ++this.turn;
    this.set({ status: "loading" });
    try {
      const { items, hasMore } = await this.fetch(before[before.length - 1]);
      if (mine === this.turn) this.set({ items: [...before, ...items], hasMore, status: "ready", problem: "" });
    } catch (error) {
      if (mine === this.turn) this.set({ status: "failed", problem: ParleyError.of(error).message });
    }
  }

  private set(part: Partial<PagesState<T>>): void {
    this.current = { ...this.current, ...part };
    this.emit("changed", undefined);
  }
}
