import { expect, it } from "vitest";
import { Api } from "../src/api";
import { Pictures } from "../src/chat/pictures";

const message = { _id: "a", revision: 0 };

function picturesOf(answer: (id: string) => Promise<string>) {
  const asked: string[] = [];
  const pictures = new Pictures({ previewImage: (id) => (asked.push(id), answer(id)) });
  return { pictures, asked };
}

it("ask for a link once, and again when it leads nowhere", async () => {
  let n = 0;
  const { pictures, asked } = picturesOf((id) => Promise.resolve(`/${id}/${++n}`));
  expect(pictures.known(message)).toBeNull();
  expect(await Promise.all([pictures.link(message), pictures.link(message)])).toEqual(["/a/1", "/a/1"]);
  expect(pictures.known(message)).toBe("/a/1");
  expect(await pictures.link(message, null)).toBe("/a/1");
  expect(await Promise.all([pictures.link(message, "/a/1"), pictures.link(message, "/a/1")])).toEqual(["/a/2", "/a/2"]);
  expect(await pictures.link(message, "/a/1")).toBe("/a/2"); // somebody else was quicker
  expect(await pictures.link({ ...message, revision: 1 })).toBe("/a/3");
  expect(asked).toHaveLength(3);
});

it("ask again after a failure, and forget the oldest of many", async () => {
  let away = true;
  const { pictures, asked } = picturesOf((id) => (away ? Promise.reject(new Error("away")) : Promise.resolve(`/${id}`)));
  await expect(pictures.link(message)).rejects.toThrow("away");
  away = false;
  expect(await pictures.link(message)).toBe("/a");
  for (let i = 0; i < 500; i++) await pictures.link({ _id: String(i), revision: 0 });
  expect(pictures.known(message)).toBeNull();
  expect(pictures.known({ _id: "499", revision: 0 })).toBe("/499");
  expect(asked).toHaveLength(502);
});

it("are where the server is, or where it says", async () => {
  for (const [url, want] of [["/api/blobs/x?signature=y", "https://parley.example/api/blobs/x?signature=y"], ["https://s3.example/x", "https://s3.example/x"]]) {
    const fetch = () => Promise.resolve(new Response(JSON.stringify({ success: true, data: { url } })));
    const api = new Api({ url: "https://parley.example", fetch: fetch as typeof globalThis.fetch });
    expect(await api.previewImage("a")).toBe(want);
  }
});
