import { type Api, LocalMedia, type Measurement, WAYS } from "@parley/client";
import { useEffect, useState } from "react";
import { Button } from "../ui/Button";
import { Icon } from "../ui/icons";
import { Devices } from "./Devices";
import { Row } from "./Row";
import { type TrialState } from "./runTrial";
import { useTrial } from "./useTrial";
import {
  again, bandwidthVerdict, jitterVerdict, lossVerdict, pathVerdict, qualityVerdict, roundTripVerdict, socketVerdict, summary, type Verdict,
} from "./verdicts";

const WAY_NAMES = {
  udp: "Calls over UDP",
  tcp: "Calls over TCP",
  "turn-udp": "TURN over UDP",
  "turn-tcp": "TURN over TCP",
  "turn-tls": "TURN over TLS",
} as const;

const MEASURES: readonly { id: string; name: string; verdict: (measured: Measurement) => Verdict }[] = [
  { id: "round-trip", name: "Round trip", verdict: roundTripVerdict },
  { id: "jitter", name: "Jitter", verdict: jitterVerdict },
  { id: "loss", name: "Packet loss", verdict: lossVerdict },
  { id: "bandwidth", name: "Bandwidth", verdict: bandwidthVerdict },
  { id: "quality", name: "Expected call quality", verdict: qualityVerdict },
];

/** The page on which a user finds out whether calls work from where they are, and what to change. */
export function ConnectionTest({ api, socketPath }: { api: Api; socketPath: string }) {
  const media = useOwnMedia();
  const { state, start } = useTrial(api, socketPath);
  const begun = state.step !== null || state.finished;
  useEffect(() => {
    document.title = "Connection test · Parley";
  }, []);
  const begin = () => {
    if (!media) return;
    void media.startMicrophone().then(() => media.startCamera());
    start();
  };
  return (
    <main className="trial" aria-labelledby="trial-title">
      <div className="trial-card">
        <header className="trial-head">
          <h1 id="trial-title">Connection test</h1>
          <p className="muted">Sees whether calls work from here, and says what to change. It takes about half a minute; nobody sees or hears you.</p>
          <div className="trial-actions">
            <Button tone="primary" {...(begun ? { icon: "retry" as const } : {})} testId="trial-start" disabled={!media || state.step !== null} onClick={begin}>
              {state.step !== null ? "Testing…" : begun ? "Test again" : "Start the test"}
            </Button>
            <a className="button button-plain" href="/">Back to Parley</a>
          </div>
          {state.step !== null && <progress className="trial-progress" aria-label="Progress of the test" value={state.done} max={1} />}
          <Summary state={state} />
        </header>
        {begun && media && (
          <>
            <h2>Your devices</h2>
            <Devices media={media} />
            <h2>Your connection to {location.hostname}</h2>
            <Connection state={state} />
          </>
        )}
      </div>
    </main>
  );
}

/** The devices of this page, released when it goes. */
function useOwnMedia(): LocalMedia | null {
  const [media, setMedia] = useState<LocalMedia | null>(null);
  useEffect(() => {
    const own = new LocalMedia();
    setMedia(own);
    return () => own.close();
  }, []);
  return media;
}

function Summary({ state }: { state: TrialState }) {
  const verdict = state.finished ? summary(state.paths, state.measured) : null;
  return (
    <div role="status" aria-live="polite">
      {verdict && (
        <p className={`trial-summary trial-${verdict.tone}`} data-testid="trial-summary" data-tone={verdict.tone}>
          <Icon name={verdict.tone === "ok" ? "check" : "alert"} />
          <span>{verdict.text}</span>
        </p>
      )}
    </div>
  );
}

function Connection({ state }: { state: TrialState }) {
  const { step, socket, paths, measured } = state;
  const problem: Verdict | null =
    measured && "kind" in measured
      ? { tone: "bad", text: `This could not be measured: ${again(measured.message)}` }
      : state.finished && !measured
        ? { tone: "bad", text: "This could not be measured, since no call connects. Mend first what is said above." }
        : null;
  return (
    <ul className="trial-list">
      <Row id="socket" name="Chat and signaling" busy={step === "socket"} verdict={socket && socketVerdict(socket)} />
      {WAYS.map((way) => (
        <Row key={way} id={way} name={WAY_NAMES[way]} busy={step === way} verdict={pathVerdict(way, paths, location.hostname)} />
      ))}
      {MEASURES.map(({ id, name, verdict }) => (
        <Row key={id} id={id} name={name} busy={step === "measure"} verdict={measured && !("kind" in measured) ? verdict(measured) : problem} />
      ))}
    </ul>
  );
}
