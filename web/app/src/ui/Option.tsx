import { type ReactNode, useEffect, useRef } from "react";

interface OptionProps {
  id: string;
  selected: boolean;
  testId?: string | undefined;
  onPoint: () => void;
  onPick: () => void;
  children: ReactNode;
}

/** One of a list that a field above or below it chooses from: the field keeps the focus, and what is chosen comes into sight. */
export function Option({ id, selected, testId, onPoint, onPick, children }: OptionProps) {
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) place.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <li
      ref={place}
      id={id}
      role="option"
      aria-selected={selected}
      className="picklist-item"
      data-testid={testId}
      onMouseMove={onPoint}
      onMouseDown={(event) => event.preventDefault()} // which would take the focus out of the field
      onClick={onPick}
    >
      {children}
    </li>
  );
}
