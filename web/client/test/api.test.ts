import { expect, it } from "vitest";
import { Api } from "../src/api";
import { uuidv7 } from "../src/ids";

type Seen = { url: string; init: RequestInit };

function apiWith(...answers: (Response | Error)[]) {
  const seen: Seen[] = [];
  const fetch = (url: string, init: RequestInit) => {
    seen.push({ url, init });
    const answer = answers.shift() ?? new Error("no answer left");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const asked: (string | undefined)[] = [];
  const token = (refused?: string) => {
    asked.push(refused);
    return Promise.resolve(refused ? "new" : "old");
  };
  return { api: new Api({ token, fetch: fetch as typeof globalThis.fetch }), seen, asked };
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

it("asks for what the path wants", async () => {
  const { api, seen } = apiWith(json({ success: true, data: { messages: [], hasMore: false, eventSeq: 1 } }));
  await api.messages("6561f00f5c1b2a0007a1b2c3", { before: 18 }, 50);
  expect(seen[0]?.url).toBe("/api/communications?channelId=6561f00f5c1b2a0007a1b2c3&limit=50&before=18");
  expect(seen[0]?.init.headers).toMatchObject({ Authorization: "Bearer old" });
});

it("takes a new token when the old one has expired, once", async () => {
  const refused = () => json({ success: false, error: "Expired.", code: "token_expired" }, 401);
  const { api, seen, asked } = apiWith(refused(), json({ success: true, data: { channel: { _id: "a/b" } } }), refused(), refused());
  await api.channel("a/b");
  expect(seen.map(({ url }) => url)).toEqual(["/api/channels/a%2Fb", "/api/channels/a%2Fb"]);
  expect(asked).toEqual([undefined, "token_invalid"]);
  await expect(api.me()).rejects.toMatchObject({ code: "token_expired", message: "Expired." });
});

it("tells the server's errors from the network's and from nonsense", async () => {
  const { api } = apiWith(
    json({ success: false, error: "Slow down.", code: "rate_limited", retryAfterMs: 500 }, 429),
    new TypeError("failed to fetch"),
    new Response("<html>bad gateway</html>", { status: 502 }),
  );
  await expect(api.me()).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: 500, retryable: true });
  await expect(api.me()).rejects.toMatchObject({ code: "network", unanswered: true });
  await expect(api.me()).rejects.toMatchObject({ code: "internal" });
});

it("makes ids that sort by time", () => {
  const ids = [1, 2, 1_700_000_000_000, 1_800_000_000_000].map((ms) => uuidv7(ms));
  expect([...ids].sort()).toEqual(ids);
  expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(uuidv7(1_700_000_000_000).replace("-", "").slice(0, 12), 16)).toBe(1_700_000_000_000);
});
