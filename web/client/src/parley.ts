import { Api } from "./api";
import { Calls } from "./call/calls";
import type { CallOptions } from "./call/call";
import { Chat } from "./chat/chat";
import type { ChatOptions } from "./chat/options";
import { Pictures } from "./chat/pictures";
import { Connection, type ConnectionOptions, type TokenSource } from "./connection";
import { ChannelManager } from "./members/manage";
import { Moderation } from "./moderation/moderation";
import { PeoplePresence } from "./presence/presence";
import { Schedule } from "./schedule/schedule";
import { Search } from "./search/search";
import { Typing } from "./typing/typing";

export interface ParleyOptions extends ChatOptions {
  /** Where the server is; left out for the page's own origin. */
  url?: string;
  token: TokenSource;
  connection?: Partial<ConnectionOptions>;
  createPeerConnection?: CallOptions["createPeerConnection"];
}

/** One signed-in client: everything of the SDK, wired. */
export class Parley {
  readonly connection: Connection;
  readonly api: Api;
  readonly chat: Chat;
  readonly pictures: Pictures;
  readonly calls: Calls;
  readonly manage: ChannelManager;
  readonly presence: PeoplePresence;
  readonly typing: Typing;
  readonly schedule: Schedule;
  readonly search: Search;
  readonly moderation: Moderation;

  constructor(options: ParleyOptions) {
    const where = options.url === undefined ? {} : { url: options.url };
    this.connection = new Connection({ ...where, token: options.token, ...options.connection });
    this.api = new Api({ ...where, token: options.token, people: this.connection.people });
    this.manage = new ChannelManager(this.connection, this.api);
    this.presence = new PeoplePresence(this.connection, this.api);
    this.typing = new Typing(this.connection);
    this.schedule = new Schedule(this.connection, this.api);
    this.search = new Search(this.connection, this.api);
    this.moderation = new Moderation(this.connection, this.api);
    this.chat = new Chat(this.connection, this.api, options);
    this.pictures = new Pictures(this.api);
    this.calls = new Calls(this.connection, this.api, options.createPeerConnection);
  }

  start(): void {
    this.connection.open();
  }

  stop(): void {
    this.calls.dispose();
    this.chat.dispose();
    this.presence.dispose();
    this.typing.dispose();
    this.schedule.dispose();
    this.moderation.dispose();
    this.connection.close();
  }
}
