import { type KeyboardEvent, type ReactNode, useId } from "react";

interface TabsProps<T extends string> {
  label: string;
  tabs: { id: T; label: string }[];
  current: T;
  onPick: (id: T) => void;
  children: ReactNode;
}

/** Tabs and the page of the chosen one. The arrows choose. */
export function Tabs<T extends string>({ label, tabs, current, onPick, children }: TabsProps<T>) {
  const base = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = tabs.findIndex(({ id }) => id === current);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onPick(next.id);
    event.currentTarget.querySelector<HTMLElement>(`#${CSS.escape(`${base}-${next.id}`)}`)?.focus();
    event.preventDefault();
  };
  return (
    <div className="tabs">
      <div className="tab-list" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${base}-${tab.id}`}
            className="tab"
            data-testid={`tab-${tab.id}`}
            aria-selected={tab.id === current}
            aria-controls={`${base}-page`}
            tabIndex={tab.id === current ? 0 : -1}
            onClick={() => onPick(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div className="tab-page" role="tabpanel" id={`${base}-page`} aria-labelledby={`${base}-${current}`}>
        {children}
      </div>
    </div>
  );
}
