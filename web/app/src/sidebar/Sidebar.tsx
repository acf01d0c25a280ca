import { useMemo } from "react";
import { walkAmong } from "../lib/arrows";
import { useAppDispatch, useAppSelector } from "../store";
import { panelChanged } from "../store/panelSlice";
import { dialogChanged } from "../store/sessionSlice";
import { viewDialogChanged } from "../store/viewSlice";
import { useServices } from "../services";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/icons";
import { type MenuItem, PopMenu } from "../ui/PopMenu";
import { ThreadsItem } from "../threads/ThreadsItem";
import { ThemeToggle } from "../ui/ThemeToggle";
import { Myself } from "./Myself";
import { Section } from "./Section";
import { sectionsOf } from "./sections";

interface SidebarProps {
  /** Nothing stands beside it: it is the main part of the page. */
  alone: boolean;
  /** Something else is over all of the page. */
  covered: boolean;
  onSignOut: (() => void) | null;
}

/** Workspace, channels and direct messages, and oneself. */
export function Sidebar({ alone, covered, onSignOut }: SidebarProps) {
  const dispatch = useAppDispatch();
  const Title = alone ? "h1" : "span";
  return (
    // A role, and not another element, which would lose where the list was scrolled to.
    <div className="sidebar-place" role={alone ? "main" : undefined} inert={covered}>
      <nav className="sidebar" aria-label="Channels">
        {!alone && (
          <button type="button" className="button skip" onClick={toConversation}>
            Skip to the conversation
          </button>
        )}
        <header className="sidebar-head">
          <img className="logo" src="/favicon.svg" alt="" width="24" height="24" />
          <Title className="sidebar-title">Parley</Title>
          <IconButton icon="search" label="Search" testId="sidebar-search" onClick={() => dispatch(panelChanged({ kind: "search" }))} />
          <IconButton icon="bookmark" label="Saved messages" testId="saved-open" onClick={() => dispatch(panelChanged({ kind: "saved" }))} />
          <ThemeToggle />
        </header>
        <button type="button" className="jump" data-testid="switcher-open" onClick={() => dispatch(dialogChanged("switcher"))}>
          <Icon name="search" size={16} />
          <span>Jump to…</span>
          <kbd>{/Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K"}</kbd>
        </button>
        <Lists />
        <Myself onSignOut={onSignOut} />
      </nav>
    </div>
  );
}

function toConversation(): void {
  const field = document.querySelector<HTMLElement>(".pane [data-composer]"); // none where one may only read
  (field ?? document.querySelector<HTMLElement>(".pane h1 button, .panel h1"))?.focus();
}

function Lists() {
  const { status, channels, selectedId } = useAppSelector((state) => state.channels);
  const me = useAppSelector((state) => state.session.ready?.user._id ?? "");
  const dispatch = useAppDispatch();
  const { parley } = useServices();
  const groups = useMemo(() => sectionsOf(channels, me), [channels, me]);
  const add = useAddItems();

  if (status === "loading" && channels.length === 0) return <Skeleton />;
  if (status === "failed" && channels.length === 0) {
    return (
      <div className="sidebar-scroll sidebar-note" role="alert">
        <p>The channels could not be loaded.</p>
        <Button icon="retry" onClick={() => void parley.chat.reload()}>
          Try again
        </Button>
      </div>
    );
  }
  return (
    <div className="sidebar-scroll" onKeyDown={(event) => walkAmong(event, ".channel")}>
      <ThreadsItem />
      {groups.map((group) => (
        <Section
          key={group.id}
          id={group.id}
          title={group.title}
          states={group.states}
          me={me}
          selectedId={selectedId}
          tools={
            group.id === "direct" ? (
              <IconButton icon="plus" label="New direct message" testId="new-dm" onClick={() => dispatch(dialogChanged("people"))} />
            ) : (
              group.id === "channels" && <PopMenu icon="plus" label="Add channels" testId="add-channels" items={add} />
            )
          }
        />
      ))}
      {!groups.some(({ id, states }) => id === "direct" && states.length > 0) && (
        <button type="button" className="hint" onClick={() => dispatch(dialogChanged("people"))}>
          <Icon name="plus" size={16} /> Write to someone
        </button>
      )}
    </div>
  );
}

/** What the plus beside the channels offers. */
function useAddItems(): MenuItem[] {
  const dispatch = useAppDispatch();
  const internal = useAppSelector((state) => state.session.ready?.user.isInternal ?? false);
  const archived: MenuItem = { id: "archived", label: "Archived channels", icon: "archive", testId: "browse-archived", onPick: () => dispatch(viewDialogChanged({ kind: "browse", tab: "archived" })) };
  if (!internal) return [archived];
  return [
    { id: "create", label: "New channel", icon: "plus", testId: "new-channel", onPick: () => dispatch(viewDialogChanged({ kind: "create-channel" })) },
    { id: "browse", label: "Browse channels", icon: "compass", testId: "browse-open", onPick: () => dispatch(viewDialogChanged({ kind: "browse", tab: "open" })) },
    archived,
  ];
}

function Skeleton() {
  return (
    <div className="sidebar-scroll" aria-busy="true" aria-label="Loading channels">
      {[62, 48, 74, 55, 66].map((width, index) => (
        <div key={index} className="skeleton-row">
          <span className="skeleton skeleton-dot" />
          <span className="skeleton skeleton-line" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
