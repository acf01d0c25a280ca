import { type ReactNode, useEffect, useRef } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { panelChanged } from "../store/panelSlice";
import { IconButton } from "../ui/Button";

interface PanelProps {
  title: string;
  note?: string;
  /** Before the title. */
  before?: ReactNode;
  /** Beside the button that closes it. */
  tools?: ReactNode;
  children: ReactNode;
}

/** Something beside the conversation; on a narrow page, over it. Esc closes it. */
export function Panel({ title, note, before, tools, children }: PanelProps) {
  const dispatch = useAppDispatch();
  const beside = useAppSelector(({ channels: { channels, selectedId } }) => channels.some(({ channel }) => channel._id === selectedId));
  const Title = beside ? "h2" : "h1"; // beside a channel, the channel's name is the page's heading
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef(document.activeElement as HTMLElement | null);
  const close = () => {
    dispatch(panelChanged(null));
    if (opener.current?.isConnected && opener.current !== document.body) opener.current.focus();
    else document.querySelector<HTMLElement>('[data-testid="composer"]')?.focus();
  };
  useEffect(() => {
    heading.current?.focus();
  }, []);
  return (
    <aside
      className="panel"
      aria-label={title}
      data-testid="panel"
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && close()}
    >
      <header className="panel-head">
        {before}
        <div className="pane-title">
          <Title ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {note && <p>{note}</p>}
        </div>
        {tools}
        <IconButton icon="close" label="Close" testId="panel-close" onClick={close} />
      </header>
      {children}
    </aside>
  );
}
