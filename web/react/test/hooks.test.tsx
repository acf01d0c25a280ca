import { Parley } from "@parley/client";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { ParleyProvider, useCalls, useChannels, useConnection, useMessages } from "../src/index";

function Page() {
  const { state, ready } = useConnection();
  const { status, channels } = useChannels();
  const { messages, hasMore } = useMessages("6561f00f5c1b2a0007a1b2c3");
  const { incoming, active } = useCalls();
  return <p>{JSON.stringify({ state, ready, status, channels, messages, hasMore, incoming, active })}</p>;
}

const read = (html: string) => JSON.parse(html.replace(/<\/?p>/g, "").replaceAll("&quot;", '"')) as Record<string, unknown>;

it("show what the client knows, before the first connection too", () => {
  const parley = new Parley({ token: () => Promise.resolve("t") });
  const html = renderToString(
    <ParleyProvider parley={parley}>
      <Page />
    </ParleyProvider>,
  );
  expect(read(html)).toEqual({
    state: "idle",
    ready: null,
    status: "loading",
    channels: [],
    messages: [],
    hasMore: false,
    incoming: [],
    active: null,
  });
});

it("say what is missing when there is no provider", () => {
  expect(() => renderToString(<Page />)).toThrow(/ParleyProvider/);
});
