import type { Call } from "@parley/client";
import { type RefObject, useEffect, useRef } from "react";
import { useTrack } from "./hooks";

interface VideoProps {
  track: MediaStreamTrack | null;
  className?: string;
  label?: string;
}

/** Plays a video track. */
export function Video({ track, className, label }: VideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  useStream(element, track);
  return <video ref={element} className={className} aria-label={label} autoPlay playsInline muted />;
}

interface VideoTileProps {
  call: Call;
  participantId: string;
  source: "camera" | "screen";
  className?: string;
  label?: string;
}

/**
 * A participant's camera or screen. Tells the server the size at which it is shown, so that it sends no more than that;
 * when the tile goes, so does the stream.
 */
export function VideoTile({ call, participantId, source, className, label }: VideoTileProps) {
  const element = useRef<HTMLVideoElement>(null);
  const track = useTrack(call, participantId, source);
  useStream(element, track);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    const show = ({ width, height }: { width: number; height: number }) =>
      call.setView(video, { participantId, source, width, height });
    show({ width: video.clientWidth, height: video.clientHeight });
    const observer = new ResizeObserver(([entry]) => entry && show(entry.contentRect));
    observer.observe(video);
    return () => {
      observer.disconnect();
      call.setView(video, null);
    };
  }, [call, participantId, source]);
  return <video ref={element} className={className} aria-label={label} autoPlay playsInline muted />;
}

/** Plays what is said in a call. It has no picture: put it anywhere, once. */
export function AudioSink({ call, speakerId }: { call: Call; speakerId?: string | null }) {
  const tracks = useAudioTracks(call);
  return tracks.map(({ mid, track }) => <Audio key={mid} track={track} speakerId={speakerId ?? null} />);
}

function Audio({ track, speakerId }: { track: MediaStreamTrack; speakerId: string | null }) {
  const element = useRef<HTMLAudioElement>(null);
  useStream(element, track);
  useEffect(() => {
    const audio = element.current;
    // Not every browser lets the page choose; then the system's choice stands.
    if (audio && speakerId !== null && "setSinkId" in audio) audio.setSinkId(speakerId).catch(() => {});
  }, [speakerId]);
  return <audio ref={element} autoPlay />;
}

function useAudioTracks(call: Call): { mid: string; track: MediaStreamTrack }[] {
  useTrack(call, "", "microphone"); // renders again whenever tracks change
  return call.audioTracks();
}

function useStream(element: RefObject<HTMLMediaElement | null>, track: MediaStreamTrack | null): void {
  useEffect(() => {
    const player = element.current;
    if (!player) return;
    player.srcObject = track ? new MediaStream([track]) : null;
    // Autoplay may wait for the first click on the page; the element then starts by itself at `play` below.
    if (track) player.play().catch(() => resumeOnGesture(player));
    return () => {
      player.srcObject = null;
    };
  }, [element, track]);
}

function resumeOnGesture(player: HTMLMediaElement): void {
  const resume = () => void (player.isConnected && player.srcObject && player.play().catch(() => {}));
  window.addEventListener("pointerdown", resume, { once: true });
}
