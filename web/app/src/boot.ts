import { Api, forgetToken, IndexedOutboxStore, pageTokens, Parley, type ServerConfig, type TokenSource } from "@parley/client";
import type { Services } from "./services";
import { createStore, type Store } from "./store";
import { bridge } from "./store/bridge";

/** What can be asked without being signed in. */
export const anonymous = new Api();

const USER = "parley.user";

/** The demo user of this tab. */
export const demoUser = {
  read: () => sessionStorage.getItem(USER),
  write: (userId: string) => sessionStorage.setItem(USER, userId),
  forget: () => {
    sessionStorage.removeItem(USER);
    forgetToken();
  },
};

/** Tokens of a demo user, who is never signed out. */
function demoTokens(userId: string): TokenSource {
  let token: Promise<string> | null = null;
  return (refused) => {
    if (refused) token = null;
    token ??= anonymous.devToken(userId).then((answer) => answer.token);
    token.catch(() => (token = null));
    return token;
  };
}

export interface Session {
  services: Services;
  store: Store;
  end: () => void;
}

/** Starts a client for whoever this page belongs to, or for a demo user. */
export function startSession(config: ServerConfig, userId: string | null): Session {
  const token = userId === null ? pageTokens() : demoTokens(userId);
  const parley = new Parley({
    token,
    outbox: (id) => new IndexedOutboxStore(`parley.outbox.${id}`),
    local: localStorage,
    connection: { path: config.socketPath },
  });
  const services: Services = { parley, media: null, dev: config.dev };
  const store = createStore(services);
  const stopBridge = bridge(store, services);
  // Others see at once that one has gone, and not when the connection is missed.
  const leave = () => void parley.calls.active?.leave();
  window.addEventListener("pagehide", leave);
  if (config.dev) exposeForTests(services);
  parley.start();
  return {
    services,
    store,
    end: () => {
      window.removeEventListener("pagehide", leave);
      services.media?.close();
      parley.stop();
      stopBridge();
    },
  };
}

declare global {
  interface Window {
    /** On a development server only: what end-to-end tests look at. */
    __parley?: {
      client: Parley;
      readonly peerConnection: RTCPeerConnection | null;
      readonly participantId: string | null;
    };
  }
}

function exposeForTests({ parley }: Services): void {
  window.__parley = {
    client: parley,
    get peerConnection() {
      return parley.calls.active?.peerConnection ?? null;
    },
    get participantId() {
      return parley.calls.active?.snapshot.participantId ?? null;
    },
  };
}
