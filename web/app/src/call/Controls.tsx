import type { Call, CallSnapshot } from "@parley/client";
import { useLocalMedia } from "@parley/react";
import { useEffect } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { chatToggled, layoutChanged } from "../store/callSlice";
import { leaveCall } from "../store/thunks";
import { Icon, type IconName } from "../ui/icons";
import { DeviceMenu } from "./DeviceMenu";

interface ControlProps {
  icon: IconName;
  label: string;
  testId: string;
  /** Of what it opens. */
  expanded?: boolean;
  onClick: () => void;
  tone?: "off" | "danger" | "active";
  disabled?: boolean;
}

export function Control({ icon, label, testId, onClick, expanded, tone, disabled }: ControlProps) {
  return (
    <button
      type="button"
      className={`control ${tone ? `control-${tone}` : ""}`}
      aria-label={label}
      title={label}
      aria-expanded={expanded}
      data-testid={testId}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} size={20} />
    </button>
  );
}

/** Microphone, camera, screen, layout, chat, leave. */
export function Controls({ call, snapshot, compact = false }: { call: Call; snapshot: CallSnapshot; compact?: boolean }) {
  const dispatch = useAppDispatch();
  const { layout, chatOpen } = useAppSelector((state) => state.call);
  const media = useLocalMedia(call.local);
  useShortcuts(call);
  const sharing = media.screen.status === "on" || media.screen.status === "starting";
  const canShare = typeof navigator.mediaDevices?.getDisplayMedia === "function";
  return (
    <div className="controls" role="toolbar" aria-label="Call">
      <Control
        icon={snapshot.isMuted ? "micOff" : "mic"}
        label={snapshot.isMuted ? "Unmute (M)" : "Mute (M)"}
        testId="mute"
        {...(snapshot.isMuted ? { tone: "off" as const } : {})}
        onClick={() => void call.toggleMute()}
      />
      <Control
        icon={snapshot.hasVideo ? "video" : "videoOff"}
        label={snapshot.hasVideo ? "Stop camera (V)" : "Start camera (V)"}
        testId="camera"
        disabled={media.camera.status === "starting"}
        {...(snapshot.hasVideo ? {} : { tone: "off" as const })}
        onClick={() => void call.toggleCamera()}
      />
      {canShare && !compact && (
        <Control
          icon={sharing ? "screenOff" : "screen"}
          label={sharing ? "Stop sharing" : "Share screen"}
          testId="screen"
          {...(sharing ? { tone: "active" as const } : {})}
          onClick={() => void call.toggleScreen()}
        />
      )}
      {!compact && (
        <>
          <DeviceMenu media={call.local} />
          <Control
            icon={layout === "grid" ? "speaker" : "grid"}
            label={layout === "grid" ? "Show the speaker large" : "Show everybody alike"}
            testId="layout"
            onClick={() => dispatch(layoutChanged(layout === "grid" ? "speaker" : "grid"))}
          />
          <Control
            icon="chat"
            label={chatOpen ? "Hide chat" : "Show chat"}
            testId="call-chat"
            {...(chatOpen ? { tone: "active" as const } : {})}
            onClick={() => dispatch(chatToggled())}
          />
        </>
      )}
      <Control icon="hangup" label="Leave" testId="leave" tone="danger" onClick={() => dispatch(leaveCall())} />
    </div>
  );
}

/** M and V, unless one is writing. */
function useShortcuts(call: Call): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const writing = target.closest("input, textarea, select, [contenteditable], dialog") !== null;
      if (writing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (event.key.toLowerCase() === "m") void call.toggleMute();
      else if (event.key.toLowerCase() === "v") void call.toggleCamera();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [call]);
}
