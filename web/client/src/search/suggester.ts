import { Emitter } from "../emitter";
import type { Suggestions } from "../wire";

export const NO_SUGGESTIONS: Suggestions = { channels: [], people: [] };

const PAUSE_MS = 120;

type SuggesterEvents = { changed: Suggestions };

/** What somebody who types may mean: asked for when the typing rests, and only the answer to the latest text counts. */
export class Suggester extends Emitter<SuggesterEvents> {
  private current = NO_SUGGESTIONS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;

  constructor(private readonly suggest: (text: string) => Promise<Suggestions>) {
    super();
  }

  get found(): Suggestions {
    return this.current;
  }

  /** The text is this now. What was found for the one before stays until there is an answer; nothing is, for no text. */
  type(text: string): void {
    const turn = ++this.turn;
    clearTimeout(this.timer);
    const wanted = text.trim();
    if (!wanted) return this.set(NO_SUGGESTIONS);
    this.timer = setTimeout(async () => {
      const found = await this.suggest(wanted).catch(() => NO_SUGGESTIONS); // it is only a comfort
      if (turn === this.turn) this.set(found);
    }, PAUSE_MS);
  }

  stop(): void {
    this.turn++;
    clearTimeout(this.timer);
  }

  private set(found: Suggestions): void {
    if (found === this.current) return;
    this.current = found;
    this.emit("changed", found);
  }
}
