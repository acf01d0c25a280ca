import { ParleyError } from "../errors";
import type { Draft } from "../wire";

export interface DraftsOptions {
  list: () => Promise<Draft[]>;
  save: (draft: Omit<Draft, "updatedAt">) => Promise<Draft>;
  onChange: (channelId: string) => void;
  /** Keeps what the server does not know yet. */
  storage?: Pick<Storage, "getItem" | "setItem"> | undefined;
  storageKey: string;
}

const SAVE_AFTER_MS = 1_000;
const AGAIN_MS = 10_000;

/** What is written and not sent, by channel and thread: kept on the server for all devices, and here until it is there. */
export class Drafts {
  private readonly texts = new Map<string, string>();
  /** What the server does not know yet. */
  private readonly dirty = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saving = false;

  constructor(private readonly options: DraftsOptions) {
    for (const [key, text] of restore(options)) {
      this.texts.set(key, text);
      this.dirty.add(key);
    }
  }

  get(channelId: string, parentMessageId?: string): string {
    return this.texts.get(keyOf(channelId, parentMessageId)) ?? "";
  }

  set(channelId: string, parentMessageId: string | undefined, text: string): void {
    const key = keyOf(channelId, parentMessageId);
    if ((this.texts.get(key) ?? "") === text) return;
    this.put(key, text);
    this.dirty.add(key);
    this.keep();
    this.later(text === "" ? 0 : SAVE_AFTER_MS);
    this.options.onChange(channelId);
  }

  /** There is a connection: what was written elsewhere comes, what was written here goes. */
  async resume(): Promise<void> {
    const drafts = await this.options.list();
    const theirs = new Set(drafts.map((draft) => keyOf(draft.channelId, draft.parentMessageId)));
    for (const key of [...this.texts.keys()]) if (!theirs.has(key) && !this.dirty.has(key)) this.put(key, "", true);
    drafts.forEach((draft) => this.take(draft));
    if (this.dirty.size > 0) this.later(0);
  }

  take({ channelId, parentMessageId, message }: Omit<Draft, "updatedAt">): void {
    const key = keyOf(channelId, parentMessageId);
    if (this.dirty.has(key) || (this.texts.get(key) ?? "") === message) return;
    this.put(key, message, true);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private put(key: string, text: string, tell = false): void {
    if (text) this.texts.set(key, text);
    else this.texts.delete(key);
    if (tell) this.options.onChange(key.slice(0, key.indexOf("/")));
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), ms);
  }

  private async save(): Promise<void> {
    if (this.saving) return this.later(SAVE_AFTER_MS);
    this.saving = true;
    try {
      for (const key of [...this.dirty]) await this.saveOne(key);
    } catch (problem) {
      if (ParleyError.of(problem).code !== "disconnected") this.later(AGAIN_MS); // else `resume` comes
    } finally {
      this.saving = false;
    }
  }

  private async saveOne(key: string): Promise<void> {
    const [channelId, parentMessageId] = key.split("/") as [string, string];
    const message = this.texts.get(key) ?? "";
    try {
      await this.options.save({ channelId, message, ...(parentMessageId ? { parentMessageId } : {}) });
    } catch (problem) {
      if (ParleyError.of(problem).retryable) throw problem;
      // Refused for good, as in a channel that is gone: it stays here as long as the page.
    }
    if ((this.texts.get(key) ?? "") === message) this.dirty.delete(key);
    this.keep();
  }

  private keep(): void {
    const unsaved = [...this.dirty].map((key) => [key, this.texts.get(key) ?? ""]);
    try {
      this.options.storage?.setItem(this.options.storageKey, JSON.stringify(unsaved));
    } catch {
      // Without storage an unsaved draft lasts as long as the page.
    }
  }
}

const keyOf = (channelId: string, parentMessageId = "") => `${channelId}/${parentMessageId}`;

function restore({ storage, storageKey }: DraftsOptions): [string, string][] {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(storageKey) ?? "[]");
    if (!Array.isArray(kept)) return [];
    return kept.filter((each): each is [string, string] => Array.isArray(each) && /^\w+\/\w*$/.test(String(each[0])) && typeof each[1] === "string");
  } catch {
    return [];
  }
}
