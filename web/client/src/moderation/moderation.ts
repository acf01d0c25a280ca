import type { Api } from "../api";
import type { Connection } from "../connection";
import type { AuditEntry, Rest } from "../wire";
import { Blocks } from "./blocks";

export type AuditQuery = Rest["GET /api/moderation/audit"]["query"];

/** Keeping the peace: for everybody, for those who run a channel, and for the company's admins. */
export class Moderation {
  readonly blocks: Blocks;

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {
    this.blocks = new Blocks(connection, api);
  }

  dispose(): void {
    this.blocks.dispose();
  }

  /** Keeps a member from writing for some seconds; 0 lets them again. */
  async silence(channelId: string, userId: string, seconds: number): Promise<void> {
    await this.connection.request("silenceMember", seconds > 0 ? { channelId, userId, seconds } : { channelId, userId });
  }

  /** A page of what admins and moderators did, the latest first; `before` is the last entry of the page before. */
  audit(query: AuditQuery = {}): Promise<{ entries: AuditEntry[]; hasMore: boolean }> {
    return this.api.audit(query);
  }
}
