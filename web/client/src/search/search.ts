import type { Api } from "../api";
import type { Connection } from "../connection";
import type { Requests, SearchAnswer, Suggestions } from "../wire";

export type SearchQuery = Requests["search"]["request"];

const TIMEOUT_MS = 15_000;

/** Finding messages, and whom and what one may mean while typing. */
export class Search {
  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {}

  /** A page of results, the latest first; `cursor` of the page before gives the next one. */
  async find(query: SearchQuery): Promise<SearchAnswer> {
    const { success: _, ...answer } = await this.connection.request("search", query, TIMEOUT_MS);
    return answer;
  }

  suggest(text: string): Promise<Suggestions> {
    return this.api.suggest(text);
  }
}

/** A part of a text, and whether it was searched for. */
export interface Piece {
  readonly text: string;
  readonly found: boolean;
}

const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#34;": '"', "&quot;": '"', "&#39;": "'" };

/** The server's highlight as plain pieces, so that no one has to trust it as HTML. */
export function piecesOf(highlight: string): Piece[] {
  return highlight
    .split(/<mark>([\s\S]*?)<\/mark>/)
    .map((text, index) => ({ text: text.replace(/&(?:lt|gt|amp|quot|#34|#39);/g, (entity) => ENTITIES[entity] ?? entity), found: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
