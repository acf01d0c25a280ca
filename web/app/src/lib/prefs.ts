/** Choices that this browser remembers. */
export interface Prefs {
  microphoneId: string | null;
  cameraId: string | null;
  speakerId: string | null;
  startMuted: boolean;
  startWithoutCamera: boolean;
  /** Parts of the channel list that are folded away. */
  folded: string[];
}

const KEY = "parley.prefs";
const DEFAULTS: Prefs = {
  microphoneId: null,
  cameraId: null,
  speakerId: null,
  startMuted: false,
  startWithoutCamera: false,
  folded: [],
};

export function readPrefs(): Prefs {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    return DEFAULTS;
  }
}

export function writePrefs(change: Partial<Prefs>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readPrefs(), ...change }));
  } catch {
    // Without storage a choice lasts as long as the page.
  }
}
