import type { LocalMedia } from "@parley/client";
import { useDevices, useLocalMedia, Video } from "@parley/react";
import { DevicePick } from "../call/DeviceMenu";
import { Row } from "./Row";
import { useLevel } from "./useLevel";
import { deviceVerdict } from "./verdicts";

/** The user's own microphone and camera, which nobody else hears or sees here. */
export function Devices({ media }: { media: LocalMedia }) {
  const { microphone, camera } = useLocalMedia(media);
  const devices = useDevices(media);
  const voice = media.track("microphone");
  const picture = media.track("camera");
  const { level, heard } = useLevel(microphone.status === "on" ? voice : null);
  const nameOf = (track: MediaStreamTrack | null, otherwise: string) => track?.label || otherwise;
  return (
    <ul className="trial-list trial-devices">
      <Row
        id="microphone"
        name="Microphone"
        busy={microphone.status === "starting"}
        verdict={deviceVerdict("microphone", microphone, { label: nameOf(voice, "Your microphone"), heard })}
      >
        {microphone.status === "on" && (
          <>
            <meter className="trial-meter" aria-label="Loudness of your microphone" min={0} max={1} value={level} />
            <DevicePick label="Microphone" devices={devices.microphones} value={microphone.deviceId} onPick={(id) => void media.startMicrophone(id)} />
          </>
        )}
      </Row>
      <Row
        id="camera"
        name="Camera"
        busy={camera.status === "starting"}
        verdict={deviceVerdict("camera", camera, { label: nameOf(picture, "Your camera"), heard: true })}
      >
        {camera.status === "on" && (
          <>
            <Video track={picture} className="trial-preview" label="Your camera" />
            <DevicePick label="Camera" devices={devices.cameras} value={camera.deviceId} onPick={(id) => void media.startCamera(id)} />
          </>
        )}
      </Row>
    </ul>
  );
}
