import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
import { Option } from "../ui/Option";
import type { Suggestion } from "./useMentions";

interface MentionListProps {
  id: string;
  suggestions: readonly Suggestion[];
  current: number;
  onPick: (suggestion: Suggestion) => void;
  onPoint: (index: number) => void;
}

/** Names to choose from. The focus stays in the field. */
export function MentionList({ id, suggestions, current, onPick, onPoint }: MentionListProps) {
  return (
    <ul className="mention-list" id={id} role="listbox" aria-label="People" data-testid="mention-list">
      {suggestions.map((suggestion, index) => (
        <Option
          key={suggestion.key}
          id={`${id}-${index}`}
          selected={index === current}
          testId={`mention-${suggestion.key}`}
          onPoint={() => onPoint(index)}
          onPick={() => onPick(suggestion)}
        >
          <span className="person">
            {suggestion.person ? (
              <Avatar id={suggestion.person._id} name={suggestion.person.name} url={suggestion.person.avatarUrl} size="s" />
            ) : (
              <span className="mention-mark">
                <Icon name="users" size={16} />
              </span>
            )}
            <span className="person-name">{suggestion.person ? suggestion.word : `@${suggestion.word}`}</span>
            {suggestion.note && <small>{suggestion.note}</small>}
          </span>
        </Option>
      ))}
    </ul>
  );
}
