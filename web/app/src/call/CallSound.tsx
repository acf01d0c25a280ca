import type { Call } from "@parley/client";
import { AudioSink } from "@parley/react";
import { useEffect, useState } from "react";
import { readPrefs } from "../lib/prefs";

/** What is heard, wherever the call is shown. */
export function CallSound({ call }: { call: Call }) {
  const [speakerId, setSpeakerId] = useState(readPrefs().speakerId);
  useEffect(() => {
    const changed = () => setSpeakerId(readPrefs().speakerId);
    window.addEventListener("parley:speaker", changed);
    return () => window.removeEventListener("parley:speaker", changed);
  }, []);
  return <AudioSink call={call} speakerId={speakerId} />;
}
