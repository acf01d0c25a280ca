import type { Status } from "@parley/client";
import { usePresence } from "@parley/react";
import { Avatar } from "../ui/Avatar";

interface PresenceAvatarProps {
  id: string;
  name: string;
  url?: string;
  size?: "xs" | "s" | "m" | "l" | "xl";
  /** False while there is no connection to know by. */
  known?: boolean;
}

/** A person's picture with how they are. Screen readers hear that from what stands around it. */
export function PresenceAvatar({ known = true, ...person }: PresenceAvatarProps) {
  const presence = usePresence(person.id);
  return (
    <span className={`with-status with-status-${person.size ?? "m"}`} data-presence={presence?.status}>
      <Avatar {...person} />
      {presence && <StatusDot status={known ? presence.status : "offline"} />}
    </span>
  );
}

/** Told apart by form as well as by colour: full, half, a bar, a ring. */
export function StatusDot({ status, bare = false }: { status: Status; bare?: boolean }) {
  return <span className={`status-dot status-${status} ${bare ? "status-bare" : ""}`} aria-hidden="true" />;
}
