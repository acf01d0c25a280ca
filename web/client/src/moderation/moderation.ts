import type { Api } from "../api";
import type { Connection } from "../connection";
import { Emitter } from "../emitter";
import type { AuditEntry, DMOpened, Message, Report, ReportDecision, ReportReason, ReportUpdated, Rest, WhichDM, WordList } from "../wire";
import { Blocks } from "./blocks";
import { OpenedDM } from "./openedDM";

export type AuditQuery = Rest["GET /api/moderation/audit"]["query"];
export type ReportQuery = Rest["GET /api/moderation/reports"]["query"];

type ModerationEvents = {
  /** A report that one may decide on was made or decided. */
  report: ReportUpdated;
  /** An admin of the company reads others' direct messages. To all admins of the company. */
  dmOpened: DMOpened;
};

/** Keeping the peace: for everybody, for those who run a channel, and for the company's admins. */
export class Moderation extends Emitter<ModerationEvents> {
  readonly blocks: Blocks;
  private readonly stops: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {
    super();
    this.blocks = new Blocks(connection, api);
    this.stops = [
      connection.on("push", ({ event, data }) => event === "reportUpdated" && this.emit("report", data)),
      connection.on("push", ({ event, data }) => event === "dmOpened" && this.emit("dmOpened", data)),
    ];
  }

  dispose(): void {
    this.stops.forEach((stop) => stop());
    this.blocks.dispose();
  }

  /** Tells those who moderate of a message. */
  async report(messageId: string, reason: ReportReason, details = ""): Promise<void> {
    await this.connection.request("reportMessage", { messageId, reason, ...(details ? { details } : {}) });
  }

  /** A page of reports that one may decide on, the latest first; `before` is the last one of the page before. */
  reports(query: ReportQuery = {}): Promise<{ reports: Report[]; hasMore: boolean }> {
    return this.api.reports(query);
  }

  /** A report with the messages around the one that it is about. */
  reportWithContext(reportId: string): Promise<{ report: Report; context: Message[] }> {
    return this.api.report(reportId);
  }

  async decide(reportId: string, decision: ReportDecision): Promise<void> {
    await this.connection.request("decideReport", { reportId, ...decision });
  }

  /**
   * Others' direct messages, to be read for a while. Nothing is read by this; what is, is logged page by page. `offset` is the
   * server's clock less ours, in milliseconds.
   */
  async openDM(which: WhichDM, reason: string, offset = 0): Promise<OpenedDM> {
    return new OpenedDM(this.api, await this.api.openDM(which, reason), Date.now() + offset);
  }

  /** Keeps a member from writing for some seconds; 0 lets them again. */
  async silence(channelId: string, userId: string, seconds: number): Promise<void> {
    await this.connection.request("silenceMember", seconds > 0 ? { channelId, userId, seconds } : { channelId, userId });
  }

  /** A page of what admins and moderators did, the latest first; `before` is the last entry of the page before. */
  audit(query: AuditQuery = {}): Promise<{ entries: AuditEntry[]; hasMore: boolean }> {
    return this.api.audit(query);
  }

  words(): Promise<{ lists: WordList[]; revision: number }> {
    return this.api.words();
  }

  /** Replaces all the lists. */
  setWords(lists: WordList[]): Promise<{ lists: WordList[]; revision: number }> {
    return this.api.setWords(lists);
  }
}
