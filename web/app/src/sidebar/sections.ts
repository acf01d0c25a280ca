import type { ChannelState } from "@parley/client";
import { channelName } from "../lib/names";

export interface Group {
  id: "channels" | "projects" | "departments" | "direct";
  title: string;
  states: ChannelState[];
}

const TITLES: Record<Group["id"], string> = {
  channels: "Channels",
  projects: "Projects",
  departments: "Departments",
  direct: "Direct messages",
};

/**
 * The list of channels by kind: the general one and those for clients first, then projects and departments by name, then
 * direct messages by what happened last. Archived ones are left out.
 */
export function sectionsOf(channels: readonly ChannelState[], me: string): Group[] {
  const groups = new Map<Group["id"], ChannelState[]>([
    ["channels", []],
    ["projects", []],
    ["departments", []],
    ["direct", []],
  ]);
  for (const state of channels) if (!state.channel.isArchived) groups.get(sectionOf(state))?.push(state);
  for (const [id, states] of groups) states.sort(id === "direct" ? byLast : (a, b) => generalFirst(a, b) || byName(a, b, me));
  return [...groups].map(([id, states]) => ({ id, title: TITLES[id], states })).filter(({ id, states }) => states.length > 0 || id === "channels" || id === "direct");
}

function sectionOf({ channel }: ChannelState): Group["id"] {
  if (channel.channelType === "dm") return "direct";
  if (channel.channelType === "project") return "projects";
  return channel.channelType === "department" ? "departments" : "channels";
}

const rank = ({ channel }: ChannelState) => Number(channel.channelType === "general");
const generalFirst = (a: ChannelState, b: ChannelState) => rank(b) - rank(a);
const byName = (a: ChannelState, b: ChannelState, me: string) => channelName(a.channel, me).localeCompare(channelName(b.channel, me));
const lastAt = ({ channel }: ChannelState) => Date.parse(channel.lastMessageAt ?? channel.createdAt);
const byLast = (a: ChannelState, b: ChannelState) => lastAt(b) - lastAt(a);
