import { useState } from "react";
import { colourOf, initials } from "../lib/names";

interface AvatarProps {
  id: string;
  name: string;
  url?: string;
  size?: "xs" | "s" | "m" | "l" | "xl";
}

/** A person's picture, or their initials on a colour that stays theirs. */
export function Avatar({ id, name, url = "", size = "m" }: AvatarProps) {
  const [broken, setBroken] = useState("");
  const picture = url.startsWith("https://") && broken !== url;
  return (
    <span className={`avatar avatar-${size} avatar-c${colourOf(id)}`} aria-hidden="true">
      {picture ? <img src={url} alt="" loading="lazy" onError={() => setBroken(url)} /> : initials(name)}
    </span>
  );
}
