import type { Call } from "@parley/client";
import { useEffect, useState } from "react";
import { fitGrid } from "../lib/grid";
import { useSize } from "../ui/useSize";
import type { Subject } from "./people";
import { mainOf } from "./people";
import { Tile } from "./Tile";

interface StageProps {
  call: Call;
  people: Subject[];
  screens: Subject[];
  speaking: readonly string[];
  dominant: string | null;
  layout: "grid" | "speaker";
}

/** The tiles: a grid of equals, or one large with a strip of the rest. */
export function Stage(props: StageProps) {
  const alone = props.people.length + props.screens.length === 1;
  const large = (props.layout === "speaker" && !alone) || props.screens.length > 0;
  return large ? <SpeakerStage {...props} /> : <GridStage {...props} />;
}

const GAP = 10;
const WIDE = { from: 16 / 9, to: 16 / 9 };
/** On a phone held upright tiles may be higher than wide, so that few fill it. */
const UPRIGHT = { from: 0.7, to: 16 / 9 };

function GridStage({ call, people, speaking }: StageProps) {
  const [element, size] = useSize<HTMLDivElement>();
  const portrait = size.height > size.width * 1.2;
  const grid = fitGrid(people.length, size, GAP, portrait ? UPRIGHT : WIDE);
  const style = { width: `${grid.width}px`, height: `${grid.height}px` };
  return (
    <div className="stage stage-grid" ref={element} role="group" aria-label="People in the call">
      {grid.width > 0 &&
        people.map((each) => (
          <Tile key={each.key} call={call} subject={each} speaking={speaking.includes(each.participantId)} style={style} />
        ))}
    </div>
  );
}

function SpeakerStage({ call, people, screens, speaking, dominant }: StageProps) {
  const last = useLastSpeaker(people, dominant);
  const main = mainOf(people, screens, last);
  const rest = [...screens, ...people].filter((each) => each.key !== main?.key);
  return (
    <div className="stage stage-speaker" role="group" aria-label="People in the call">
      <div className="stage-main">
        {main && <Tile key={main.key} call={call} subject={main} speaking={speaking.includes(main.participantId)} />}
      </div>
      <div className="filmstrip">
        {rest.map((each) => (
          <Tile key={each.key} call={call} subject={each} speaking={speaking.includes(each.participantId)} small />
        ))}
      </div>
    </div>
  );
}

/** The other who was dominant last: oneself is not looked at while speaking. */
export function useLastSpeaker(people: readonly Subject[], dominant: string | null): string | null {
  const [last, setLast] = useState<string | null>(null);
  const now = people.find((each) => !each.self && each.participantId === dominant)?.participantId ?? null;
  useEffect(() => {
    if (now !== null) setLast(now);
  }, [now]);
  return now ?? last;
}
