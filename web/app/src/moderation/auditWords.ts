import type { AuditEntry } from "@parley/client";
import { listed } from "../lib/names";
import { fullTime } from "../lib/time";

type Details = AuditEntry["details"];

const ACTIONS: Record<string, string | ((details: Details) => string)> = {
  message_deleted: "Message deleted",
  message_pinned: ({ isPinned }) => (isPinned === false ? "Message unpinned" : "Message pinned"),
  channel_updated: "Channel changed",
  members_added: "Members added",
  member_removed: "Member removed",
  role_set: "Role changed",
  member_silenced: "Member silenced",
  silence_lifted: "Silence lifted",
  report_resolved: "Report resolved",
  report_dismissed: "Report dismissed",
  report_read: "Reported direct message read",
  words_set: "Word filter changed",
  dm_opened: "Others’ direct messages opened",
  dm_read: "Others’ direct messages read",
  directory_changed: "Changes from the directory",
  rank_set: "Role in the company changed",
};

/** What was done, in words. */
export function actionLabel({ action, details }: Pick<AuditEntry, "action" | "details">): string {
  const label = ACTIONS[action] ?? inPlainWords(action);
  return typeof label === "string" ? label : label(details);
}

/** A name of a program in words: “member_silenced” as “Member silenced”. */
function inPlainWords(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[\s._-]+/).join(" ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

type NameOf = (userId: string) => string;

/** What a detail says; empty when that is said elsewhere, or nothing to people. */
type Wording = (value: unknown, nameOf: NameOf) => string;

const nothing: Wording = () => "";
const either = (yes: string, no: string): Wording => (value) => (value ? yes : no);
const quoted = (what: string, without = ""): Wording => (value) => (value ? `${what}: “${value}”` : without);
const counted = (one: string, many: string): Wording => (value) => (value ? `${value} ${value === 1 ? one : many}` : "");
const people = (what: string): Wording => (ids, nameOf) => (isList(ids) && ids.length > 0 ? `${what}: ${listed(ids.map(nameOf))}` : "");
const oneOf = (words: Record<string, string>): Wording => (value) => words[String(value)] ?? String(value ?? "");

const DETAILS: Record<string, Wording> = {
  // of a channel
  name: quoted("name"),
  description: quoted("description", "description removed"),
  avatar: either("picture changed", "picture removed"),
  is_private: either("made private", "made open to all"),
  isReadOnly: either("made read-only", "everyone writes again"),
  isArchived: either("archived", "restored"),
  slowModeSeconds: (seconds) => (seconds ? `slow mode: ${seconds} s` : "slow mode off"),
  // of members
  userIds: nothing, // whom it is about
  role: oneOf({ owner: "as an owner", admin: "as an admin", member: "as a member" }),
  // of messages and reports
  isPinned: nothing, // the action says it
  reportId: nothing,
  action: oneOf({ delete_message: "message deleted", silence_member: "member silenced" }),
  note: quoted("note"),
  // of others' direct messages
  people: (names) => (isList(names) ? `between ${listed(names)}` : ""),
  reason: quoted("reason"),
  before: either("older ones", ""),
  after: either("newer ones", ""),
  around: either("around one message", ""),
  until: (at) => `until ${fullTime(String(at))}`, // of a silence, too
  // of the word filter
  lists: counted("list", "lists"),
  words: counted("word", "words"),
  // of the directory
  channels: counted("channel changed", "channels changed"),
  membersAdded: counted("member added", "members added"),
  membersRemoved: counted("member removed", "members removed"),
  deactivated: people("deactivated"),
  activated: people("activated"),
  companyRole: (role) => `now ${role}`,
  companyRoleBefore: (role) => `was ${role}`,
  isInternal: either("now of the company", "no longer of the company"),
};

const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === "string");

type Particulars = Pick<AuditEntry, "userId" | "userName" | "details">;

/** The particulars of an entry in a line: where, about whom, and what else. Whose name is not known has their id. */
export function particularsLine({ userId, userName, details }: Particulars, where: string, names: ReadonlyMap<string, string>): string {
  const nameOf = (id: string) => (id === userId && userName) || (names.get(id) ?? id);
  const ids = isList(details["userIds"]) ? details["userIds"] : [];
  const about = [...(userId ? [userId] : []), ...ids].map(nameOf);
  const { set = {}, ...rest } = details;
  const said: Details = { ...rest, ...(set as Details) };
  const keys = new Set([...Object.keys(DETAILS), ...Object.keys(said)]); // the server has them in no order
  const facts = [...keys].filter((key) => key in said).map((key) => inWords(key, said[key], nameOf));
  return [where && `in ${where}`, about.length > 0 && `about ${listed(about, about.length)}`, ...facts].filter(Boolean).join(" · ");
}

function inWords(key: string, value: unknown, nameOf: NameOf): string {
  const wording = DETAILS[key];
  if (wording) return value === null ? "" : wording(value, nameOf);
  // Written by a server that is newer than this page.
  return value === null || value === "" ? "" : `${inPlainWords(key)}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
}
