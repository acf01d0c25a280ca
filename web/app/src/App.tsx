import { adoptFragment, ParleyError, type ServerConfig } from "@parley/client";
import { ParleyProvider } from "@parley/react";
import { Suspense, useCallback, useEffect, useState } from "react";
import { Provider } from "react-redux";
import { anonymous, demoUser, type Session, startSession } from "./boot";
import { ConnectionTest } from "./later";
import { ServicesProvider, useServices } from "./services";
import { Failed, Front, SignIn, TEST_PATH } from "./SignIn";
import { useAppSelector } from "./store";
import { Workspace } from "./Workspace";

/** From nothing to the workspace: what kind of server this is, who one is, the first connection. */
export function App() {
  const { config, problem, retry } = useServerConfig();
  const [userId, setUserId] = useState(demoUser.read);
  const [attempt, setAttempt] = useState(0);
  const [handed] = useState(() => adoptFragment() || sessionStorage.getItem("parley.token") !== null);
  const asDemo = config?.dev === true && !handed;
  const session = useSession(config, asDemo, userId, attempt);

  if (problem) return <Failed title="The server cannot be reached" text={problem} onRetry={retry} />;
  if (!config) return <Front title="Parley" text="Loading…" />;
  if (asDemo && userId === null) {
    return (
      <SignIn
        onPick={(id) => {
          demoUser.write(id);
          setUserId(id);
        }}
      />
    );
  }
  if (!session) return <Front title="Parley" text="Loading…" />;
  const signOut = () => {
    demoUser.forget();
    setUserId(null);
  };
  return (
    <Provider store={session.store}>
      <ServicesProvider value={session.services}>
        <ParleyProvider parley={session.services.parley}>
          <SignedIn config={config} onSignOut={asDemo ? signOut : null} onRetry={() => setAttempt(attempt + 1)} />
        </ParleyProvider>
      </ServicesProvider>
    </Provider>
  );
}

function useServerConfig(): { config: ServerConfig | null; problem: string | null; retry: () => void } {
  const [config, setConfig] = useState<ServerConfig | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setProblem(null);
    anonymous.config().then(setConfig, (error: unknown) => setProblem(ParleyError.of(error).message));
  }, [attempt]);
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  return { config, problem, retry };
}

function useSession(config: ServerConfig | null, asDemo: boolean, userId: string | null, attempt: number): Session | null {
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    if (!config || (asDemo && userId === null)) return;
    const started = startSession(config, asDemo ? userId : null);
    setSession(started);
    return () => {
      setSession(null);
      started.end();
    };
  }, [config, asDemo, userId, attempt]);
  return session;
}

const NO_SESSION = new Set(["token_missing", "token_invalid", "token_expired"]);

interface SignedInProps {
  config: ServerConfig;
  onSignOut: (() => void) | null;
  onRetry: () => void;
}

function SignedIn({ config, onSignOut, onRetry }: SignedInProps) {
  const { parley } = useServices();
  const { connection, problem } = useAppSelector((state) => state.session);
  if (connection === "ended" && problem) {
    return NO_SESSION.has(problem.code) ? (
      <Failed title="You are not signed in" text="Open Parley from your workspace to sign in again." onRetry={onRetry} />
    ) : (
      <Failed title="The connection has ended" text={problem.message} onRetry={onRetry} />
    );
  }
  if (location.pathname === TEST_PATH) {
    return (
      <Suspense fallback={<Front title="Parley" text="Loading…" />}>
        <ConnectionTest api={parley.api} socketPath={config.socketPath} />
      </Suspense>
    );
  }
  return <Workspace onSignOut={onSignOut} />;
}
