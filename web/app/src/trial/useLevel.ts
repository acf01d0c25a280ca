import { useEffect, useState } from "react";

/** What counts as something heard: above a room's hum. */
const HEARD = 0.04;
const EVERY_MS = 80;

/** How loud a microphone is now, 0 to 1, and whether anything has been heard since it was turned on. */
export function useLevel(track: MediaStreamTrack | null): { level: number; heard: boolean } {
  const [state, setState] = useState({ level: 0, heard: false });
  useEffect(() => {
    setState({ level: 0, heard: false });
    if (!track) return;
    const sound = new AudioContext();
    const meter = new AnalyserNode(sound, { fftSize: 1024 });
    new MediaStreamAudioSourceNode(sound, { mediaStream: new MediaStream([track]) }).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const timer = setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
      const level = Math.min(1, Math.sqrt(power) * 4);
      setState(({ heard }) => ({ level, heard: heard || level > HEARD }));
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      void sound.close();
    };
  }, [track]);
  return state;
}
