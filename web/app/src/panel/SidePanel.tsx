import type { Channel } from "@parley/client";
import { DetailsPanel } from "../details/DetailsPanel";
import { SearchPanel } from "../search/SearchPanel";
import { useAppSelector } from "../store";
import { PinsPanel } from "./PinsPanel";
import { SavedPanel } from "./SavedPanel";
import { ThreadsPanel } from "../threads/ThreadsPanel";
import { ThreadPanel } from "./ThreadPanel";

/** What stands beside the conversation, if anything does. */
export function SidePanel({ channel }: { channel: Channel | null }) {
  const panel = useAppSelector((state) => state.panels.panel);
  const me = useAppSelector((state) => state.session.ready?.user);
  if (!panel || !me) return null;
  if (panel.kind === "saved") return <SavedPanel me={me} />;
  if (panel.kind === "threads") return <ThreadsPanel me={me._id} />;
  if (panel.kind === "search") return <SearchPanel />;
  if (!channel || channel._id !== panel.channelId) return null;
  if (panel.kind === "details") return <DetailsPanel key={channel._id} channelId={channel._id} tab={panel.tab} />;
  if (panel.kind === "pins") return <PinsPanel key={channel._id} channel={channel} me={me} />;
  return <ThreadPanel key={panel.rootId} channel={channel} rootId={panel.rootId} me={me} listed={panel.listed ?? false} />;
}
