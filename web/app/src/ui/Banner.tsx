import { useEffect, useState } from "react";
import { useAppSelector } from "../store";
import { useServices } from "../services";
import { Icon } from "./icons";

/** Says when there is no connection, once it has lasted long enough to matter. */
export function Banner() {
  const connection = useAppSelector((state) => state.session.connection);
  const { parley } = useServices();
  const [offline, setOffline] = useState(!navigator.onLine);
  const [late, setLate] = useState(false);
  const lost = connection === "reconnecting";

  useEffect(() => {
    const changed = () => setOffline(!navigator.onLine);
    window.addEventListener("online", changed);
    window.addEventListener("offline", changed);
    return () => {
      window.removeEventListener("online", changed);
      window.removeEventListener("offline", changed);
    };
  }, []);
  useEffect(() => {
    const timer = lost ? setTimeout(() => setLate(true), 1_200) : undefined;
    if (!lost) setLate(false);
    return () => clearTimeout(timer);
  }, [lost]);

  return (
    <div role="status" aria-live="polite" className="banner-place">
      {lost && (late || offline) && (
        <div className="banner" data-testid="banner">
          <Icon name="offline" size={16} />
          <span>{offline ? "You are offline. Messages are sent when you are back." : "Connection lost. Reconnecting…"}</span>
          {!offline && (
            <button type="button" className="link" onClick={() => parley.connection.restart()}>
              Try now
            </button>
          )}
        </div>
      )}
    </div>
  );
}
