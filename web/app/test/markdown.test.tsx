import { renderToString } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import { isJumbo, misleads, plainText, safeHref } from "../src/lib/markdown";
import { callsEveryone, mentionPieces, mentionQuery, namedIn } from "../src/lib/mentions";
import { Markdown } from "../src/message/Markdown";

vi.stubGlobal("window", { location: new URL("https://parley.test/") });

const bob = { _id: "bob", name: "Bob Tanaka", avatarUrl: "" };
const html = (text: string) => renderToString(<Markdown text={text} me="alice" mentioned={[bob]} everyone />).replaceAll("<!-- -->", "");

describe("markdown", () => {
  it("formats words", () => {
    expect(html("**bold** _it_ ~~no~~ `a<b`")).toBe('<p dir="auto"><strong>bold</strong> <em>it</em> <del>no</del> <code>a&lt;b</code></p>');
    expect(html("- عنصر")).toContain('<ul dir="rtl"><li dir="auto">');
    expect(html("> اقتباس")).toContain('<blockquote dir="rtl">');
    expect(html("- one")).toContain("<ul><li");
    expect(html("one\ntwo")).toBe('<p dir="auto">one<br/>two</p>');
    expect(html("> said\n\n- a\n- b\n\n3. c")).toContain("<blockquote");
    expect(html("3. c")).toContain('<ol start="3">');
    expect(html("```go\nfunc main() {}\n```")).toContain("func main() {}");
  });

  it("takes HTML for what it is: text", () => {
    expect(html("<b>not bold</b> & <img src=x onerror=alert(1)>")).toBe('<p dir="auto">&lt;b&gt;not bold&lt;/b&gt; &amp; &lt;img src=x onerror=alert(1)&gt;</p>');
    expect(html("<script>alert(1)</script>")).not.toContain("<script");
    expect(html("&lt;b&gt;")).toContain("&amp;lt;b&amp;gt;");
    expect(html("R&D &#97; **&#x61;**")).toBe('<p dir="auto">R&amp;D &amp;#97; <strong>&amp;#x61;</strong></p>');
  });

  it("links to the web and to mail, and nowhere else", () => {
    expect(html("[a](https://a.example/x)")).toContain('<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow ugc"');
    for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//a.example", "java\tscript:alert(1)"]) {
      expect(html(`[click](${bad})`), bad).not.toContain("<a");
      expect(html(`![click](${bad})`), bad).not.toMatch(/<a|<img/);
      expect(html(`<${bad}>`), bad).not.toContain("<a");
    }
    expect(html("mailto:x@a.example https://a.example.")).toContain('href="https://a.example/"');
  });

  it("shows where a link leads when its words say otherwise", () => {
    expect(misleads("https://bank.example", "https://evil.example/")).toBe(true);
    expect(misleads("bank.example/login", "https://evil.example/")).toBe(true);
    expect(misleads("www.bank.example", "https://bank.example/")).toBe(false);
    expect(misleads("our bank", "https://bank.example/")).toBe(false);
    expect(html("[https://bank.example](https://evil.example)")).not.toContain("bank.example");
    for (const words of ["**https://bank**.example", "https\\://bank.example", "`bank.example`", "![bank.example](https://a.example)", "bank\u200b.example"])
      expect(html(`[${words}](https://evil.example)`), words).not.toContain("bank");
    expect(html("![bank.example](https://evil.example)")).not.toContain("bank");
  });

  it("survives what nests beyond all reason, and keeps its words", () => {
    for (const text of [">".repeat(10_000), "- ".repeat(5_000), "[".repeat(10_000), "*".repeat(5_000) + "a" + "*".repeat(4_999), "_a__b".repeat(2_000), "> - ".repeat(2_000)]) {
      const begun = performance.now();
      expect(html(text).length).toBeGreaterThan(0);
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
  });

  it("knows safe addresses, large emoji and plain words", () => {
    expect(safeHref(" https://a.example ")).toBe("https://a.example/");
    expect(safeHref("ftp://a.example")).toBeNull();
    expect(["👍", "❤️ 🎉", "👩‍💻", "👍🏽"].every(isJumbo)).toBe(true);
    expect(["1", "👍 ok", "👍👍👍👍", ""].some(isJumbo)).toBe(false);
    expect(plainText("**bold** and\n> `code`")).toBe("bold and code");
    expect(plainText("see [the docs](https://a.example/b) and [this]")).toBe("see the docs and [this]");
    expect(plainText("_so_ says max_file_size, ~2 MB, ~~not~~ **_more_**")).toBe("so says max_file_size, ~2 MB, not more");
    expect(plainText("x".repeat(500), 10)).toHaveLength(10);
  });
});

describe("mentions", () => {
  it("are shown for those whom the server has named", () => {
    expect(html("hi @Bob Tanaka and @Carol")).toContain('<span class="mention">@Bob Tanaka</span> and @Carol');
    expect(html("@channel")).toContain("mention-me");
    expect(mentionPieces("a@Bob Tanaka.", [bob], false).map(({ text }) => text).join("")).toBe("a@Bob Tanaka.");
  });

  it("are found in what one writes, the longest name first", () => {
    const bobby = { _id: "b2", name: "Bob", avatarUrl: "" };
    expect(namedIn("@Bob Tanaka yes", [bobby, bob, bob]).map(({ _id }) => _id)).toEqual(["bob"]);
    expect(namedIn("@bob and @BOB TANAKA", [bobby, bob]).map(({ _id }) => _id)).toEqual(["b2", "bob"]);
    expect(namedIn("nobody", [bob])).toEqual([]);
    const zoe = { ...bob, name: "Zoe\u0308 Müller" };
    expect(namedIn("@Zoë Mu\u0308ller", [zoe])).toEqual([zoe]);
    expect(mentionPieces("a @Zoë Mu\u0308ller", [zoe], false)).toEqual([{ text: "a " }, { text: "@Zoë Müller", mention: { id: "bob" } }]);
    expect(mentionQuery("hi @Zoe\u0308", 8)).toEqual({ from: 3, query: "Zoe\u0308" });
  });

  it("are asked for where an @ begins a word", () => {
    expect(mentionQuery("hi @bo", 6)).toEqual({ from: 3, query: "bo" });
    expect(mentionQuery("@Bob Ta", 7)).toEqual({ from: 0, query: "Bob Ta" });
    expect(mentionQuery("mail@bo", 7)).toBeNull();
    expect(mentionQuery("@Bob Tanaka is", 14)).toBeNull();
  });

  it("of everyone are told from words and addresses", () => {
    expect(["@channel", "hey @here!", "(@everyone)"].every(callsEveryone)).toBe(true);
    expect(["a@channel.example", "@channels", "@channel_x", "channel"].some(callsEveryone)).toBe(false);
  });
});

