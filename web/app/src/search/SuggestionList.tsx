import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import { Option } from "../ui/Option";
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
  return (
    <div className="suggestions" id={id} role="listbox" aria-label="Suggestions" data-testid="suggestions">
      {GROUPS.filter(({ group }) => all.some((each) => each.group === group)).map(({ group, title }) => (
        <ul key={group} role="group" aria-labelledby={`${id}-${group}`}>
          <li className="suggestions-title" role="presentation" id={`${id}-${group}`}>
            {title}
          </li>
          {all.map((each, index) =>
            each.group === group ? (
              <Option
                key={each.key}
                id={`${id}-${index}`}
                selected={index === current}
                testId={`suggestion-${each.key}`}
                onPoint={() => onPoint(index)}
                onPick={() => onPick(each)}
              >
                <span className="person">
                  {group === "people" ? <Avatar id={each.key} name={each.name} url={each.avatarUrl} size="xs" /> : <Icon name="hash" size={16} />}
                  <span className="person-name">{each.name}</span>
                </span>
              </Option>
            ) : null,
          )}
        </ul>
      ))}
    </div>
  );
}
