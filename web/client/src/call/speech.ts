import type { ActiveSpeakers } from "../wire";

/** Who is heard in a call, as the `activeSpeakers` pushes tell it. */
export class Speech {
  /** Seats that speak; the same set for as long as they are the same. */
  voices: ReadonlySet<string> = new Set();

  constructor(public heard: ActiveSpeakers) {}

  /** Takes a push, and tells whether others speak than before. */
  take(heard: ActiveSpeakers): boolean {
    this.heard = heard;
    const voices = new Set(heard.speakers.map(({ participantId }) => participantId));
    if (voices.size === this.voices.size && [...voices].every((each) => this.voices.has(each))) return false;
    this.voices = voices;
    return true;
  }
}
