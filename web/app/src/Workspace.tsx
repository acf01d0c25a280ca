import { totalBadge } from "@parley/client";
import { useCalls } from "@parley/react";
import { Suspense, useEffect, useRef } from "react";
import { CallSound } from "./call/CallSound";
import { Incoming } from "./call/Incoming";
import { ChannelPane } from "./chat/ChannelPane";
import { noteMissed } from "./chat/missed";
import { PaneSkeleton } from "./chat/PaneSkeleton";
import { CallView, FloatingCall, MessageDialogs, PeopleDialog, PreJoin, rest, SidePanel, ViewDialogs } from "./later";
import { useServices } from "./services";
import { useShortcuts } from "./useShortcuts";
import { Sidebar } from "./sidebar/Sidebar";
import { Switcher } from "./sidebar/Switcher";
import { useAppDispatch, useAppSelector } from "./store";
import { callCovers } from "./store/callSlice";
import { dialogChanged } from "./store/sessionSlice";
import { followAddress, readSelected, selectChannel } from "./store/thunks";
import { Banner } from "./ui/Banner";
import { Button } from "./ui/Button";
import { Icon } from "./ui/icons";
import { Toasts } from "./ui/Toasts";
import { NARROW, useMedia } from "./ui/useSize";

/** Everything after signing in. */
export function Workspace({ onSignOut }: { onSignOut: (() => void) | null }) {
  const { selectedId, status } = useAppSelector((state) => state.channels);
  const none = useAppSelector((state) => state.channels.channels.length === 0);
  const panel = useAppSelector((state) => state.panels.panel);
  const dialog = useAppSelector((state) => state.session.dialog);
  const covered = useAppSelector(callCovers);
  // That the channels could not be loaded is said where they would be.
  const beside = Boolean(selectedId || panel) && !(status === "failed" && none);
  // On a narrow page the list of channels, or what was picked from it, is all there is.
  const alone = useMedia(NARROW) && !beside;
  useNavigation();
  useShortcuts();
  useTitle();
  useRest(status !== "loading");
  return (
    <div className={`workspace ${beside ? "workspace-channel" : ""}`}>
      <Banner />
      <Sidebar alone={alone} covered={covered} onSignOut={onSignOut} />
      {!alone && <Main covered={covered} />}
      <Suspense>
        <CallSurface />
      </Suspense>
      {dialog === "switcher" && <Switcher />}
      <Suspense>
        {dialog === "people" && <PeopleDialog />}
        <MessageDialogs />
        <ViewDialogs />
      </Suspense>
      <Incoming />
      <Toasts />
    </div>
  );
}

function Main({ covered }: { covered: boolean }) {
  const dispatch = useAppDispatch();
  const { channels, selectedId, status } = useAppSelector((state) => state.channels);
  const panel = useAppSelector((state) => state.panels.panel);
  const channel = channels.find((each) => each.channel._id === selectedId)?.channel;
  if (channel) {
    return (
      <main className="main" inert={covered}>
        <ChannelPane key={channel._id} channel={channel} />
        <Suspense>
          <SidePanel channel={channel} />
        </Suspense>
      </main>
    );
  }
  if (status === "loading") return <main className="main"><PaneSkeleton /></main>;
  // What is wrong is said where the channels would be.
  if (status === "failed") return <main className="main" />;
  const missing = selectedId !== null;
  const Title = panel && !("channelId" in panel) ? "h2" : "h1";
  return (
    <main className="main main-empty" inert={covered}>
      <div className="empty">
        <Icon name={missing ? "alert" : "chat"} size={32} />
        <Title>{missing ? "This channel is not here" : "Pick a channel"}</Title>
        <p className="muted">
          {missing ? "It does not exist, or you are not in it any more." : "Or write to someone: the plus beside “Direct messages”."}
        </p>
        {missing && (
          <Button icon="back" className="only-narrow" testId="back" onClick={() => dispatch(selectChannel(null))}>
            Back to channels
          </Button>
        )}
      </div>
      <Suspense>
        <SidePanel channel={null} />
      </Suspense>
    </main>
  );
}

/** The call, wherever it is now: being prepared, over the page, or floating. */
function CallSurface() {
  const services = useServices();
  const { prejoin, active } = useAppSelector((state) => state.call);
  const { active: call } = useCalls();
  const channels = useAppSelector((state) => state.channels.channels);
  const channelOf = (id: string | undefined) => channels.find((each) => each.channel._id === id)?.channel ?? null;
  const View = useAppSelector(callCovers) ? CallView : FloatingCall;
  useFocusAfter(active !== null);
  return (
    <>
      {call && active && active.callId === call.snapshot.callId && (
        <>
          <CallSound key={active.callId} call={call} />
          {!prejoin && <View call={call} snapshot={active} channel={channelOf(active.channelId)} />}
        </>
      )}
      {prejoin && services.media && <PreJoin prejoin={prejoin} media={services.media} channel={channelOf(prejoin.channelId)} />}
    </>
  );
}

/** When a call is over, and the focus was in it, it goes to the head of the channel. */
function useFocusAfter(on: boolean): void {
  const was = useRef(on);
  useEffect(() => {
    if (was.current && !on && document.activeElement === document.body) document.querySelector<HTMLElement>(".pane-head h1 button")?.focus();
    was.current = on;
  }, [on]);
}

/** The address and the keyboard. Without a channel in the address, a wide page opens the first. */
function useNavigation(): void {
  const dispatch = useAppDispatch();
  const narrow = useMedia(NARROW);
  const { channels, selectedId } = useAppSelector((state) => state.channels);
  const covered = useAppSelector((state) => state.panels.panel !== null);
  const first = channels.find((each) => each.channel.channelType === "general") ?? channels[0];
  const firstId = first?.channel._id;
  useEffect(() => {
    dispatch(followAddress());
    const follow = () => dispatch(followAddress());
    const look = () => {
      dispatch(noteMissed());
      dispatch(readSelected());
    };
    const keys = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      dispatch(dialogChanged("switcher"));
    };
    window.addEventListener("popstate", follow);
    window.addEventListener("hashchange", follow);
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    window.addEventListener("keydown", keys);
    return () => {
      window.removeEventListener("popstate", follow);
      window.removeEventListener("hashchange", follow);
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("keydown", keys);
    };
  }, [dispatch]);
  useEffect(() => {
    if (narrow && !covered) dispatch(readSelected());
  }, [dispatch, narrow, covered]);
  useEffect(() => {
    if (!narrow && selectedId === null && firstId) dispatch(selectChannel(firstId));
  }, [dispatch, narrow, selectedId, firstId]);
}

/** Fetches the rest of the page once the channels are there, so that it is at hand without a connection, too. */
function useRest(settled: boolean): void {
  useEffect(() => {
    if (settled) rest().catch(() => {}); // it is asked for again when it is needed
  }, [settled]);
}

/** How many messages wait, where tabs are read. */
function useTitle(): void {
  const waiting = useAppSelector((state) => totalBadge(state.channels.channels));
  const ringing = useAppSelector((state) => state.call.incoming[0]?.initiatorName);
  useEffect(() => {
    document.title = ringing ? `${ringing} is calling` : waiting > 0 ? `(${waiting > 99 ? "99+" : waiting}) Parley` : "Parley";
  }, [waiting, ringing]);
}
