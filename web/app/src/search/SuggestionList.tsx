import { useEffect, useRef } from "react";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import type { Suggested } from "./suggested";

const GROUPS = [
  { group: "people", title: "Messages from" },
  { group: "channels", title: "Messages in" },
] as const;

interface SuggestionListProps {
  id: string;
  all: readonly Suggested[];
  current: number;
  onPoint: (index: number) => void;
  onPick: (suggested: Suggested) => void;
}

/** People and channels to choose from. The focus stays in the field. */
export function SuggestionList({ id, all, current, onPoint, onPick }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <div ref={list} className="suggestions" id={id} role="listbox" aria-label="Suggestions" data-testid="suggestions">
      {GROUPS.filter(({ group }) => all.some((each) => each.group === group)).map(({ group, title }) => (
        <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
          <p className="suggestions-title" id={`${id}-${group}`}>
            {title}
          </p>
          {all.map((each, index) =>
            each.group === group ? (
              <div
                key={each.key}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === current}
                className="picklist-item"
                data-testid={`suggestion-${each.key}`}
                onMouseMove={() => onPoint(index)}
                onMouseDown={(event) => {
                  event.preventDefault(); // the field keeps the focus
                  onPick(each);
                }}
              >
                <span className="person">
                  {group === "people" ? <Avatar id={each.key} name={each.name} url={each.avatarUrl} size="xs" /> : <Icon name="hash" size={16} />}
                  <span className="person-name">{each.name}</span>
                </span>
              </div>
            ) : null,
          )}
        </div>
      ))}
    </div>
  );
}
