/** A quiet two-tone ring, made here so that no file has to be fetched. Returns what stops it. */
export function ring(): () => void {
  let context: AudioContext;
  try {
    context = new AudioContext();
  } catch {
    return () => {}; // a page without sound still shows the dialog
  }
  const play = () => {
    const now = context.currentTime;
    chime(context, 659.25, now);
    chime(context, 523.25, now + 0.22);
  };
  play();
  const timer = setInterval(play, 2_400);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

function chime(context: AudioContext, frequency: number, at: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.type = "sine";
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.06, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.7);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.75);
}
