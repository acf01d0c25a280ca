import { expect, it } from "vitest";
import { adoptFragment, type Page, pageTokens } from "../src/session";

/** A page at an address, with or without a page that opened it. */
function pageAt(url: string, host: "same" | "other" | null = null) {
  const location = new URL(url);
  const stored = new Map<string, string>();
  const shown: string[] = [];
  const asked: [unknown, string][] = [];
  let listener: ((event: unknown) => void) | null = null;
  let timeout = () => {};
  const opener = host && {
    postMessage: (data: unknown, origin: string) => {
      asked.push([data, origin]);
      const origin_ = host === "same" ? location.origin : "https://evil.example";
      queueMicrotask(() => listener?.({ origin: origin_, source: opener, data: { type: "parley:token", token: "from host" } }));
    },
  };
  const page = {
    location,
    history: { replaceState: (_: unknown, __: string, to: string) => shown.push(to) },
    sessionStorage: {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
      removeItem: (key: string) => void stored.delete(key),
    },
    opener,
    addEventListener: (_: string, add: (event: unknown) => void) => (listener = add),
    removeEventListener: () => (listener = null),
    setTimeout: (run: () => void) => (timeout = run),
  };
  Object.assign(page, { parent: page });
  return { page: page as unknown as Page, shown, stored, asked, expire: () => timeout() };
}

it("takes the token out of the address at once", async () => {
  const { page, shown } = pageAt("https://chat.example/#token=abc.def&x=1");
  const tokens = pageTokens(page);
  expect(shown).toEqual(["/#x=1"]);
  expect(await tokens()).toBe("abc.def");
});

it("leaves other addresses alone", () => {
  const { page, shown } = pageAt("https://chat.example/#/channels/6561f00f5c1b2a0007a1b2c3");
  expect(adoptFragment(page)).toBe(false);
  expect(shown).toEqual([]);
});

it("asks the page that opened it, on the same origin only, and again when the token is refused", async () => {
  const { page, asked } = pageAt("https://chat.example/", "same");
  const tokens = pageTokens(page);
  expect(await tokens()).toBe("from host");
  expect(await tokens()).toBe("from host");
  expect(asked).toEqual([[{ type: "parley:token-request" }, "https://chat.example"]]);
  await tokens("token_expired");
  expect(asked).toHaveLength(2);
});

it("believes no other origin", async () => {
  const { page, expire } = pageAt("https://chat.example/", "other");
  const token = pageTokens(page)();
  await Promise.resolve();
  await Promise.resolve();
  expire();
  await expect(token).rejects.toMatchObject({ code: "token_missing" });
});

it("has no session when there is nobody to ask", async () => {
  const { page } = pageAt("https://chat.example/");
  await expect(pageTokens(page)()).rejects.toMatchObject({ code: "token_missing" });
});
