/** The server tells one connection of so many people at most. */
export const MAX_WATCHED = 200;
/** What appears on the screen together is asked for together. */
const TOGETHER_MS = 100;

/** Who is on the screen, counted: somebody shown in two places is there until neither shows them. */
export class WatchList {
  private readonly shown = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Who was asked for last, in one string. */
  private asked = "";

  constructor(private readonly ask: (userIds: string[]) => void) {}

  /** Adds people; the answer takes them out again. */
  add(userIds: readonly string[]): () => void {
    const added = [...new Set(userIds)];
    for (const id of added) {
      const count = this.shown.get(id) ?? 0;
      this.shown.delete(id); // so that the latest come last, and stay when there are too many
      this.shown.set(id, count + 1);
    }
    this.soon();
    let there = true;
    return () => {
      if (!there) return;
      there = false;
      added.forEach((id) => this.remove(id));
      this.soon();
    };
  }

  /** Asks now and in any case: a new connection watches nobody. */
  again(): void {
    this.asked = "";
    this.stop();
    this.tell();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The last ask had no effect, so that the same list is asked for again. */
  failed(): void {
    this.asked = "";
  }

  private remove(id: string): void {
    const count = (this.shown.get(id) ?? 0) - 1;
    if (count > 0) this.shown.set(id, count);
    else this.shown.delete(id);
  }

  private soon(): void {
    this.timer ??= setTimeout(() => this.tell(), TOGETHER_MS);
  }

  private tell(): void {
    this.timer = undefined;
    const userIds = [...this.shown.keys()].slice(-MAX_WATCHED).sort();
    const asked = userIds.join(" ");
    if (asked === this.asked) return;
    this.asked = asked;
    this.ask(userIds);
  }
}
