import type { User } from "@parley/client";
import { ParleyError } from "@parley/client";
import { useEffect, useState } from "react";
import { anonymous } from "./boot";
import { roleLabel } from "./lib/names";
import { Avatar } from "./ui/Avatar";
import { Button } from "./ui/Button";
import { Icon } from "./ui/icons";

/** Where a user's own browser is tested. */
export const TEST_PATH = "/connection-test";

type Found = { users: User[] } | { problem: string } | null;

/** On a development server one simply says who one is. */
export function SignIn({ onPick }: { onPick: (userId: string) => void }) {
  const [found, setFound] = useState<Found>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setFound(null);
    anonymous.devUsers().then(
      (users) => setFound({ users }),
      (problem: unknown) => setFound({ problem: ParleyError.of(problem).message }),
    );
  }, [attempt]);
  return (
    <Front title="Who are you today?" text="This server runs for development: pick a demo user. Another browser window can be another one.">
      {found === null && <p className="muted" role="status">Loading…</p>}
      {found && "problem" in found && (
        <>
          <p className="front-problem" role="alert">{found.problem}</p>
          <Button icon="retry" onClick={() => setAttempt(attempt + 1)}>Try again</Button>
        </>
      )}
      {found && "users" in found && (
        <ul className="front-users">
          {found.users.map((user) => (
            <li key={user._id}>
              <button type="button" className="front-user" data-testid={`user-${user._id}`} onClick={() => onPick(user._id)}>
                <Avatar id={user._id} name={user.name} url={user.avatarUrl} size="l" />
                <span>
                  <strong>{user.name}</strong>
                  <small>{roleLabel(user)}</small>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {location.pathname !== TEST_PATH && (
        <p className="front-more">
          Calls do not connect? <a className="link" href={TEST_PATH}>Test your connection</a>
        </p>
      )}
    </Front>
  );
}

/** A page with one thing to say. */
export function Front({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  return (
    <main className="front">
      <div className="front-card">
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{title}</h1>
        <p className="muted">{text}</p>
        {children}
      </div>
    </main>
  );
}

export function Failed({ title, text, onRetry }: { title: string; text: string; onRetry?: () => void }) {
  return (
    <Front title={title} text={text}>
      {onRetry && (
        <Button icon="retry" tone="primary" onClick={onRetry}>
          Try again
        </Button>
      )}
      {!onRetry && <Icon name="lock" size={28} />}
    </Front>
  );
}
