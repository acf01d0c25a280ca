import { useEffect, useRef } from "react";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/icons";
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
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <ul className="mention-list" id={id} role="listbox" aria-label="People" ref={list} data-testid="mention-list">
      {suggestions.map((suggestion, index) => (
        <li
          key={suggestion.key}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === current}
          className="picklist-item"
          data-testid={`mention-${suggestion.key}`}
          onMouseMove={() => onPoint(index)}
          onMouseDown={(event) => {
            event.preventDefault(); // the field keeps the focus
            onPick(suggestion);
          }}
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
        </li>
      ))}
    </ul>
  );
}
