import type { Call } from "@parley/client";
import { VideoTile } from "@parley/react";
import type { CSSProperties } from "react";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import type { Subject } from "./people";
import { QualityBars } from "./QualityBars";

interface TileProps {
  call: Call;
  subject: Subject;
  speaking: boolean;
  style?: CSSProperties;
  small?: boolean;
}

/** One person, or one shared screen. */
export function Tile({ call, subject, speaking, style, small = false }: TileProps) {
  const { participantId, source, self, hasVideo, isMuted, name, quality } = subject;
  const screen = source === "screen";
  const classes = [
    "tile",
    screen && "tile-screen",
    small && "tile-small",
    speaking && !screen && "tile-speaking",
    self && !screen && "tile-mirrored",
  ];
  const who = self ? `${name} (you)` : name;
  const label = screen ? `${self ? "Your" : `${name}'s`} screen` : who;
  return (
    <figure
      className={classes.filter(Boolean).join(" ")}
      style={style}
      data-testid={screen ? `screen-${participantId}` : `tile-${participantId}`}
      data-self={self || undefined}
      aria-label={`${label}${!screen && isMuted ? ", muted" : ""}${!hasVideo ? ", camera off" : ""}`}
    >
      {hasVideo ? (
        <VideoTile call={call} participantId={participantId} source={source} className="tile-video" label={label} />
      ) : (
        <span className="tile-avatar">
          <Avatar id={subject.userId} name={name} url={subject.avatarUrl} size="xl" />
        </span>
      )}
      <figcaption className="tile-name">
        {!screen && isMuted && <Icon name="micOff" size={14} />}
        {screen && <Icon name="screen" size={14} />}
        <span>{label}</span>
        {!screen && (quality === "fair" || quality === "poor") && <QualityBars quality={quality} name={name} />}
      </figcaption>
    </figure>
  );
}
