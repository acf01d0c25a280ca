import type {
  ActiveSpeakers,
  Call,
  CallSnapshot,
  ChannelState,
  ChatStatus,
  ConnectionState,
  Devices,
  IncomingCall,
  LocalMedia,
  MediaState,
  Ready,
  Source,
  Timeline,
} from "@parley/client";
import { useEffect, useState } from "react";
import { useLive, useParley } from "./context";

/** The socket's state, and who is signed in. */
export function useConnection(): { state: ConnectionState; ready: Ready | null } {
  const { connection } = useParley();
  return useLive(
    (changed) => {
      const stops = [connection.on("state", changed), connection.on("user", changed)];
      return () => stops.forEach((stop) => stop());
    },
    () => ({ state: connection.state, ready: connection.ready }),
    [connection],
  );
}

export function useChannels(): { status: ChatStatus; channels: readonly ChannelState[] } {
  const { chat } = useParley();
  return useLive(
    (changed) => {
      const stops = [chat.on("channels", changed), chat.on("status", changed)];
      return () => stops.forEach((stop) => stop());
    },
    () => ({ status: chat.status, channels: chat.channels }),
    [chat],
  );
}

/** A channel's messages, loaded when first asked for, with what one can do there. */
export function useMessages(channelId: string): Timeline & { send: (text: string) => void; loadOlder: () => void } {
  const { chat, connection } = useParley();
  useEffect(() => {
    void chat.open(channelId);
    return connection.on("online", () => void chat.open(channelId));
  }, [chat, connection, channelId]);
  const timeline = useLive(
    (changed) => chat.on("timeline", (event) => event.channelId === channelId && changed()),
    () => chat.timeline(channelId),
    [chat, channelId],
  );
  const send = (text: string) => chat.send(channelId, text);
  return { ...timeline, send, loadOlder: () => void chat.loadOlder(channelId) };
}

/** What rings, and the call that this client is in. */
export function useCalls(): { incoming: readonly IncomingCall[]; active: Call | null } {
  const { calls } = useParley();
  return useLive(
    (changed) => {
      const stops = [calls.on("incoming", changed), calls.on("active", changed)];
      return () => stops.forEach((stop) => stop());
    },
    () => ({ incoming: calls.incoming, active: calls.active }),
    [calls],
  );
}

export function useCall(call: Call): CallSnapshot {
  return useLive(
    (changed) => call.on("changed", changed),
    () => call.snapshot,
    [call],
  );
}

/** Who speaks, by seat. */
export function useSpeaking(call: Call): ReadonlySet<string> {
  return useLive(
    (changed) => call.on("speaking", changed),
    () => call.speaking,
    [call],
  );
}

/** Who speaks, how loudly, and who is dominant. */
export function useSpeakers(call: Call): ActiveSpeakers {
  return useLive(
    (changed) => call.on("speakers", changed),
    () => call.speakers,
    [call],
  );
}

/** The track of a participant's source, while there is one. */
export function useTrack(call: Call, participantId: string, source: Source): MediaStreamTrack | null {
  return useLive(
    (changed) => {
      const stops = [call.on("tracks", changed), call.on("changed", changed)];
      return () => stops.forEach((stop) => stop());
    },
    () => call.track(participantId, source),
    [call, participantId, source],
  );
}

export function useLocalMedia(media: LocalMedia): MediaState {
  return useLive(
    (changed) => media.on("changed", changed),
    () => media.state,
    [media],
  );
}

const NO_DEVICES: Devices = { microphones: [], cameras: [], speakers: [] };

/** Devices to choose from; again when one is plugged in, or when permission reveals their names. */
export function useDevices(media: LocalMedia): Devices {
  const [devices, setDevices] = useState(NO_DEVICES);
  useEffect(() => {
    let current = true;
    const read = () => void media.devices().then((found) => current && setDevices(found));
    read();
    const stop = media.on("devices", read);
    return () => {
      current = false;
      stop();
    };
  }, [media]);
  return devices;
}
