import type { Api } from "../api";
import type { Message } from "../wire";

type Of = Pick<Message, "_id" | "revision">;

/** Of so many pictures the links are remembered. */
const MAX_LINKS = 500;

/**
 * Links to the pictures of previews. A link is good for a minute, but the browser keeps what it has loaded by it, so the
 * same link is given again until somebody says that it leads nowhere.
 */
export class Pictures {
  private readonly links = new Map<string, string>();
  private readonly asked = new Map<string, Promise<string>>();

  constructor(private readonly api: Pick<Api, "previewImage">) {}

  /** The link that is known already. */
  known(message: Of): string | null {
    return this.links.get(keyOf(message)) ?? null;
  }

  /** A link; not again the one that has `failed`. Rejects when the message shows no picture any more. */
  link(message: Of, failed?: string | null): Promise<string> {
    const key = keyOf(message);
    const known = this.links.get(key);
    if (known !== undefined && known !== failed) return Promise.resolve(known);
    const asked = this.asked.get(key) ?? this.ask(key, message._id);
    this.asked.set(key, asked);
    return asked;
  }

  private async ask(key: string, id: string): Promise<string> {
    try {
      const link = await this.api.previewImage(id);
      this.links.delete(key); // so that it is the youngest
      this.links.set(key, link);
      for (const oldest of this.links.keys()) {
        if (this.links.size <= MAX_LINKS) break;
        this.links.delete(oldest);
      }
      return link;
    } finally {
      this.asked.delete(key);
    }
  }
}

/** An edited message may show another picture. */
const keyOf = ({ _id, revision }: Of) => `${_id}/${revision}`;
