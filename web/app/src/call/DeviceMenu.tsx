import type { LocalMedia } from "@parley/client";
import { useDevices, useLocalMedia } from "@parley/react";
import { useEffect, useId, useRef, useState } from "react";
import { readPrefs, writePrefs } from "../lib/prefs";
import { Control } from "./Controls";

/** Which microphone, camera and speaker, changed during the call. */
export function DeviceMenu({ media }: { media: LocalMedia }) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => !place.current?.contains(event.target as Node) && setOpen(false);
    const escape = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    window.addEventListener("pointerdown", outside);
    window.addEventListener("keydown", escape);
    return () => {
      window.removeEventListener("pointerdown", outside);
      window.removeEventListener("keydown", escape);
    };
  }, [open]);
  return (
    <div className="menu-place" ref={place}>
      <Control icon="settings" label="Devices" testId="devices" expanded={open} onClick={() => setOpen(!open)} />
      {open && (
        <div className="menu" role="dialog" aria-label="Devices">
          <DevicePicks media={media} />
        </div>
      )}
    </div>
  );
}

/** A choice for each kind of device there is. */
export function DevicePicks({ media, camera = true }: { media: LocalMedia; camera?: boolean }) {
  const devices = useDevices(media);
  const state = useLocalMedia(media);
  const [speakerId, setSpeakerId] = useState(readPrefs().speakerId);
  return (
    <div className="picks">
      <DevicePick
        label="Microphone"
        devices={devices.microphones}
        value={state.microphone.deviceId}
        onPick={(id) => {
          writePrefs({ microphoneId: id });
          void media.startMicrophone(id);
        }}
      />
      {camera && (
        <DevicePick
          label="Camera"
          devices={devices.cameras}
          value={state.camera.deviceId}
          onPick={(id) => {
            writePrefs({ cameraId: id });
            void media.startCamera(id);
          }}
        />
      )}
      {"setSinkId" in HTMLMediaElement.prototype && (
        <DevicePick
          label="Speaker"
          devices={devices.speakers}
          value={speakerId}
          none="System default"
          onPick={(id) => {
            setSpeakerId(id);
            writePrefs({ speakerId: id });
            window.dispatchEvent(new Event("parley:speaker"));
          }}
        />
      )}
    </div>
  );
}

interface DevicePickProps {
  label: string;
  devices: MediaDeviceInfo[];
  value: string | null;
  /** What it means that none is chosen. */
  none?: string;
  onPick: (deviceId: string) => void;
}

/** A choice among devices of one kind. */
export function DevicePick({ label, devices, value, none = "Not in use", onPick }: DevicePickProps) {
  const id = useId();
  return (
    <div className="pick">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value ?? ""} disabled={devices.length === 0} onChange={(event) => onPick(event.target.value)}>
        {value === null && <option value="">{devices.length === 0 ? "None found" : none}</option>}
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `${label} ${index + 1}`}
          </option>
        ))}
      </select>
    </div>
  );
}
