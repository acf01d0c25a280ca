import type { Channel, DeviceState, LocalMedia } from "@parley/client";
import { useLocalMedia, Video } from "@parley/react";
import { channelName } from "../lib/names";
import { useAppDispatch, useAppSelector } from "../store";
import type { Prejoin } from "../store/callSlice";
import { cancelCall, joinPrepared } from "../store/thunks";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";
import { Control } from "./Controls";
import { DevicePicks } from "./DeviceMenu";

interface PreJoinProps {
  prejoin: Prejoin;
  media: LocalMedia;
  channel: Channel | null;
}

/** Before a call: how one looks, and with which devices. Nobody sees or hears it yet. */
export function PreJoin({ prejoin, media, channel }: PreJoinProps) {
  const dispatch = useAppDispatch();
  const user = useAppSelector((state) => state.session.ready?.user);
  const joining = useAppSelector((state) => state.call.joining);
  const online = useAppSelector((state) => state.session.connection === "online");
  const { camera, microphone, muted } = useLocalMedia(media);
  if (!user) return null;
  const name = channel ? channelName(channel, user._id) : "the call";
  const on = channel?.activeCall?.participantCount ?? 0;
  const silent = muted || microphone.status !== "on";
  const toggleMic = () =>
    microphone.status === "on" ? media.setMuted(!muted) : (media.setMuted(false), void media.startMicrophone());
  const toggleCamera = () =>
    camera.status === "off" || camera.status === "failed" ? void media.startCamera() : media.stopCamera();
  return (
    <Dialog label="Before you join" className="prejoin-dialog" onClose={() => dispatch(cancelCall())}>
      <div className="prejoin" data-testid="prejoin">
        <div className="preview">
          {camera.status === "on" ? (
            <Video track={media.track("camera")} className="preview-video" label="Your camera" />
          ) : (
            <div className="preview-off">
              <Avatar id={user._id} name={user.name} url={user.avatarUrl} size="xl" />
              <span>{camera.status === "starting" ? "Starting the camera…" : "Your camera is off"}</span>
            </div>
          )}
          <div className="preview-controls">
            <Control
              icon={silent ? "micOff" : "mic"}
              label={silent ? "Unmute" : "Mute"}
              testId="prejoin-mute"
              {...(silent ? { tone: "off" as const } : {})}
              onClick={toggleMic}
            />
            <Control
              icon={camera.status === "on" ? "video" : "videoOff"}
              label={camera.status === "on" ? "Stop camera" : "Start camera"}
              testId="prejoin-camera"
              {...(camera.status === "on" ? {} : { tone: "off" as const })}
              onClick={toggleCamera}
            />
          </div>
        </div>
        <div className="prejoin-side">
          <h2>{prejoin.callId ? "Join the call" : prejoin.callType === "video" ? "Start a video call" : "Start a voice call"}</h2>
          <p className="muted">
            {name}
            {on > 0 && ` · ${on} ${on === 1 ? "person is" : "people are"} in the call`}
          </p>
          <DeviceProblems microphone={microphone} camera={camera} />
          <DevicePicks media={media} />
          <div className="prejoin-actions">
            <Button onClick={() => dispatch(cancelCall())} testId="prejoin-cancel">
              Cancel
            </Button>
            <Button tone="primary" testId="prejoin-join" disabled={joining || !online} onClick={() => void dispatch(joinPrepared())}>
              {joining ? "Joining…" : prejoin.callId ? "Join now" : "Start call"}
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}

/** Why a device cannot be used; said once when it is the same for both. */
function DeviceProblems({ microphone, camera }: { microphone: DeviceState; camera: DeviceState }) {
  const problems = [microphone.problem, camera.problem].filter((each) => each !== null);
  const bothDenied = problems.length === 2 && problems.every(({ code }) => code === "denied");
  const texts = bothDenied
    ? ["The browser may not use the microphone and the camera. Allow them in the address bar's site settings, then try again."]
    : problems.map(({ message }) => message);
  return texts.map((text) => (
    <p key={text} className="device-problem" role="alert" data-testid="device-problem">
      <Icon name="alert" size={16} />
      <span>
        {text} You can join without {bothDenied ? "them" : "it"}.
      </span>
    </p>
  ));
}
