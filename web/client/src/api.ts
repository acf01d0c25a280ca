import { isFailure, ParleyError } from "./errors";
import type { TokenSource } from "./connection";
import type { People } from "./people/people";
import type {
  AuditEntry,
  CallRecord,
  Channel,
  ChannelMember,
  DMAccess,
  Draft,
  FollowedThread,
  Message,
  MessagePage,
  OwnStatus,
  Report,
  Rest,
  Revision,
  SavedMessage,
  Scheduled,
  Sender,
  SendMessage,
  Sent,
  ServerConfig,
  Suggestions,
  ThreadState,
  User,
  WhichDM,
  WordList,
} from "./wire";

export interface ApiOptions {
  /** Where the server is; empty for the page's own origin. */
  url?: string;
  /** Not needed for `config` and what a development server offers. */
  token?: TokenSource;
  /** How people look now: answers say it so. */
  people?: Pick<People, "current">;
  fetch?: typeof fetch;
}

/** Which page of a channel's messages; at most one of the three. */
export interface Where {
  before?: number | string;
  after?: number | string;
  around?: number | string;
}

export interface Page {
  search?: string;
  offset?: number;
  limit?: number;
}

export interface ThreadPage extends MessagePage {
  root: Message;
  thread: ThreadState;
}

type Path = keyof Rest;
type Data<P extends Path> = Rest[P]["response"] extends { data: infer D } ? D : Rest[P]["response"];
type QueryOf<P extends Path> = Rest[P] extends { query: infer Q } ? Q : never;
type BodyOf<P extends Path> = Rest[P] extends { request: infer B } ? B : never;

interface Call<P extends Path> {
  id?: string;
  query?: QueryOf<P>;
  body?: BodyOf<P>;
  /** The request goes out even when the page is being closed. */
  keepalive?: boolean;
}

/** The REST paths. Every method rejects with a ParleyError. */
export class Api {
  constructor(private readonly options: ApiOptions = {}) {}

  config(): Promise<ServerConfig> {
    return this.call("GET /api/config");
  }

  me(): Promise<User> {
    return this.call("GET /api/me");
  }

  async users(search = "", limit = 20): Promise<User[]> {
    return (await this.call("GET /api/users", { query: { search, limit: String(limit) } })).users;
  }

  channels(): Promise<{ epoch: string; channels: Channel[] }> {
    return this.call("GET /api/channels");
  }

  async channel(id: string): Promise<Channel> {
    return (await this.call("GET /api/channels/{id}", { id })).channel;
  }

  /** The direct channel with a user, made if there is none yet. */
  async openDirect(userId: string): Promise<Channel> {
    const body = { channelType: "dm" as const, participants: [{ userId }] };
    return (await this.call("POST /api/channels", { body })).channel;
  }

  /** A page of messages, oldest first: the newest, or from before, after or around a message, by its seq or its id. */
  messages(channelId: string, where: Where = {}, limit = 50): Promise<MessagePage> {
    return this.call("GET /api/communications", { query: { channelId, limit: String(limit), ...texts(where) } });
  }

  /** A page of a thread's replies, oldest first, with the message that it hangs on and how it stands for oneself. */
  async thread(channelId: string, rootId: string, before?: number): Promise<ThreadPage> {
    const query = { channelId, parentMessageId: rootId, limit: "50", ...texts({ before }) };
    const page = await this.call("GET /api/communications", { query });
    if (!page.root || !page.thread) throw new ParleyError("internal", "The server answered without the thread.");
    return { ...page, root: page.root, thread: page.thread };
  }

  async message(id: string): Promise<Message> {
    return (await this.call("GET /api/communications/{id}", { id })).message;
  }

  /** A link to the picture of a message's preview, for an `img`. It needs no token and is good for a minute. */
  async previewImage(id: string): Promise<string> {
    const { url } = await this.call("GET /api/communications/{id}/preview-image", { id });
    return url.startsWith("/") ? `${this.options.url ?? ""}${url}` : url;
  }

  async revisions(id: string): Promise<Revision[]> {
    return (await this.call("GET /api/communications/{id}/revisions", { id })).revisions;
  }

  async pins(channelId: string): Promise<Message[]> {
    return (await this.call("GET /api/channels/{id}/pins", { id: channelId })).messages;
  }

  async reads(channelId: string): Promise<{ userId: string; readSeq: number }[]> {
    return (await this.call("GET /api/channels/{id}/reads", { id: channelId })).reads;
  }

  /** A page of a channel's members, those who run it first, then by name. */
  participants(channelId: string, page: Page = {}): Promise<{ participants: ChannelMember[]; hasMore: boolean }> {
    return this.call("GET /api/channels/{id}/participants", { id: channelId, query: texts(page) });
  }

  /** Channels that one may enter; `search` is a part of the name. */
  async openChannels(search = ""): Promise<Channel[]> {
    return (await this.call("GET /api/channels/open", { query: texts({ search: search || undefined }) })).channels;
  }

  async archivedChannels(): Promise<Channel[]> {
    return (await this.call("GET /api/channels/archived")).channels;
  }

  /** What one says of oneself. */
  ownStatus(): Promise<OwnStatus> {
    return this.call("GET /api/me/status");
  }

  /** One's channels and the people one may know of, by a part of the name. */
  suggest(q: string): Promise<Suggestions> {
    return this.call("GET /api/communications/search/suggest", { query: { q } });
  }

  /** Whom one blocks. */
  async blocks(): Promise<Sender[]> {
    return (await this.call("GET /api/blocks")).blocks;
  }

  /** What admins and moderators did, the latest first. */
  audit(query: QueryOf<"GET /api/moderation/audit">): Promise<{ entries: AuditEntry[]; hasMore: boolean }> {
    return this.call("GET /api/moderation/audit", { query });
  }

  /** Reports that one may decide on, the latest first. */
  reports(query: QueryOf<"GET /api/moderation/reports">): Promise<{ reports: Report[]; hasMore: boolean }> {
    return this.call("GET /api/moderation/reports", { query });
  }

  report(id: string): Promise<{ report: Report; context: Message[] }> {
    return this.call("GET /api/moderation/reports/{id}", { id });
  }

  /** Lets an admin of the company read others' direct messages for a quarter of an hour. It is logged, and all admins are told. */
  openDM(which: WhichDM, reason: string): Promise<DMAccess> {
    return this.call("POST /api/moderation/dm-access", { body: { ...which, reason } });
  }

  /** A page of direct messages that were opened, oldest first: the newest, or from before or after one. Each page is logged. */
  openedDM(channelId: string, where: Where = {}, limit = 50): Promise<MessagePage> {
    return this.call("GET /api/moderation/dm/{channelId}/messages", { id: channelId, query: { limit: String(limit), ...texts(where) } });
  }

  words(): Promise<{ lists: WordList[]; revision: number }> {
    return this.call("GET /api/moderation/words");
  }

  setWords(lists: WordList[]): Promise<{ lists: WordList[]; revision: number }> {
    return this.call("PUT /api/moderation/words", { body: { lists } });
  }

  /** One's messages that wait to be sent or could not be. */
  async scheduled(): Promise<Scheduled[]> {
    return (await this.call("GET /api/communications/scheduled")).scheduled;
  }

  async threads(): Promise<FollowedThread[]> {
    return (await this.call("GET /api/threads")).threads;
  }

  async drafts(): Promise<Draft[]> {
    return (await this.call("GET /api/drafts")).drafts;
  }

  /** Messages put aside, the latest first; `before` is when the last one of the page before was put aside. */
  async saved(before?: string): Promise<SavedMessage[]> {
    return (await this.call("GET /api/saved", { query: texts({ before }) })).saved;
  }

  send(body: SendMessage): Promise<Sent> {
    return this.call("POST /api/communications", { body });
  }

  calls(channelId?: string, limit = 20): Promise<{ calls: CallRecord[]; hasMore: boolean }> {
    return this.call("GET /api/calls", { query: { limit: String(limit), ...(channelId ? { channelId } : {}) } });
  }

  async callRecord(id: string): Promise<CallRecord> {
    return (await this.call("GET /api/calls/{id}", { id })).call;
  }

  /** Begins a connection test: a private room for the offers. It ends by itself after 20 s. */
  startTest(offers: { kind: "publish" | "play"; sdp: string }[]): Promise<Data<"POST /api/connection-test">> {
    return this.call("POST /api/connection-test", { body: { offers } });
  }

  async endTest(id: string): Promise<void> {
    await this.call("DELETE /api/connection-test/{id}", { id, keepalive: true });
  }

  async devUsers(): Promise<User[]> {
    return (await this.call("GET /api/dev/users")).users;
  }

  devToken(userId: string): Promise<{ token: string; expiresAt: string }> {
    return this.call("POST /api/dev/token", { body: { userId } });
  }

  private async call<P extends Path>(path: P, call: Call<P> = {}): Promise<Data<P>> {
    let response = await this.fetch(path, call);
    if (response.status === 401 && this.options.token) response = await this.fetch(path, call, "token_invalid");
    const body: unknown = await response.json().catch(() => null);
    if (response.ok && body !== null) return this.current((body as { data: Data<P> }).data);
    if (isFailure(body)) throw ParleyError.from(body);
    throw new ParleyError("internal", `The server answered with status ${response.status}.`);
  }

  private current<T>(value: T): T {
    return this.options.people?.current(value) ?? value;
  }

  private async fetch<P extends Path>(path: P, { id, query, body, keepalive = false }: Call<P>, refused?: string): Promise<Response> {
    const [method, template] = path.split(" ") as [string, string];
    const where = template.replace(/\{\w+\}/, encodeURIComponent(id ?? ""));
    const search = query ? `?${new URLSearchParams(query as Record<string, string>)}` : "";
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.options.token) headers["Authorization"] = `Bearer ${await this.options.token(refused)}`;
    const request: RequestInit = { method, headers, keepalive, signal: AbortSignal.timeout(15_000) };
    if (body !== undefined) request.body = JSON.stringify(body);
    try {
      return await (this.options.fetch ?? fetch)(`${this.options.url ?? ""}${where}${search}`, request);
    } catch {
      throw new ParleyError("network", "The server cannot be reached.");
    }
  }
}

/** The same fields as texts, without those that are not given. */
function texts<K extends string>(fields: { [F in K]?: string | number | undefined }): { [F in K]?: string } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)])) as { [F in K]?: string };
}
