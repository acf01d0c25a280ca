/** A picture and a tone that nobody sees or hears: what is measured should not depend on the devices. */
export interface TestPicture {
  readonly audio: MediaStreamTrack;
  readonly video: MediaStreamTrack;
  stop: () => void;
}

const WIDTH = 640;
const HEIGHT = 360;
const FPS = 30;
const TILE = 128;

/** Makes noise, which does not compress, so that the connection is filled as by a lively camera. */
export function testPicture(): TestPicture {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  const tile = noise();
  const draw = () => {
    const shift = () => -Math.floor(Math.random() * TILE);
    const [dx, dy] = [shift(), shift()];
    for (let x = dx; x < WIDTH; x += TILE) for (let y = dy; y < HEIGHT; y += TILE) context?.drawImage(tile, x, y);
  };
  draw();
  const timer = setInterval(draw, 1000 / FPS);
  const [video] = canvas.captureStream(FPS).getVideoTracks();

  const sound = new AudioContext();
  const tone = new OscillatorNode(sound, { frequency: 330 });
  const quiet = new GainNode(sound, { gain: 0.05 });
  const output = new MediaStreamAudioDestinationNode(sound);
  tone.connect(quiet).connect(output);
  tone.start();
  const [audio] = output.stream.getAudioTracks();
  const stop = () => {
    clearInterval(timer);
    video?.stop();
    audio?.stop();
    void sound.close();
  };
  if (!video || !audio) {
    stop();
    throw new DOMException("This browser makes no test picture.", "NotSupportedError");
  }
  return { audio, video, stop };
}

function noise(): HTMLCanvasElement {
  const tile = document.createElement("canvas");
  tile.width = TILE;
  tile.height = TILE;
  const context = tile.getContext("2d");
  const image = context?.createImageData(TILE, TILE);
  if (context && image) {
    for (let i = 0; i < image.data.length; i += 4) {
      image.data.fill(Math.floor(Math.random() * 256), i, i + 3);
      image.data[i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
  return tile;
}
