import type { TokenSource } from "./connection";
import { ParleyError } from "./errors";

const KEY = "parley.token";
const REQUEST = "parley:token-request";
const REPLY = "parley:token";
const HOST_TIMEOUT_MS = 5_000;

/** The parts of a page that a session reads; the page itself in a browser. */
export type Page = Pick<Window, "location" | "history" | "sessionStorage" | "opener" | "parent" | "setTimeout"> &
  Pick<Window, "addEventListener" | "removeEventListener">;

/**
 * Takes a token out of the page's address (`#token=…`) and out of sight, and keeps it for this tab. True when there was
 * one.
 */
export function adoptFragment(page: Page = window): boolean {
  const fragment = new URLSearchParams(page.location.hash.replace(/^#/, ""));
  const token = fragment.get("token");
  if (!token) return false;
  fragment.delete("token");
  const rest = fragment.toString();
  page.history.replaceState(null, "", page.location.pathname + page.location.search + (rest ? `#${rest}` : ""));
  page.sessionStorage.setItem(KEY, token);
  return true;
}

export function forgetToken(page: Page = window): void {
  page.sessionStorage.removeItem(KEY);
}

/** Tokens from the address, from this tab's memory, or from the page of the same origin that opened or frames this one. */
export function pageTokens(page: Page = window): TokenSource {
  adoptFragment(page);
  return async (refused) => {
    if (refused) forgetToken(page);
    const kept = page.sessionStorage.getItem(KEY);
    if (kept) return kept;
    const token = await askHost(page);
    page.sessionStorage.setItem(KEY, token);
    return token;
  };
}

/** Asks the opener or the parent for a token. Nobody but the same origin is asked, or listened to. */
function askHost(page: Page): Promise<string> {
  const parent = page.parent !== (page as unknown) ? page.parent : null;
  const host = (page.opener as Window | null) ?? parent;
  const none = new ParleyError("token_missing", "You are not signed in.");
  if (!host) return Promise.reject(none);
  return new Promise((resolve, reject) => {
    const listener = (event: MessageEvent) => {
      const data = event.data as { type?: unknown; token?: unknown } | null;
      if (event.origin !== page.location.origin || event.source !== host) return;
      if (data?.type === REPLY && typeof data.token === "string") done(() => resolve(data.token as string));
    };
    const done = (settle: () => void) => {
      page.removeEventListener("message", listener);
      settle();
    };
    page.addEventListener("message", listener);
    page.setTimeout(() => done(() => reject(none)), HOST_TIMEOUT_MS);
    host.postMessage({ type: REQUEST }, page.location.origin);
  });
}
