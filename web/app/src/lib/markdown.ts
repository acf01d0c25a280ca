import { Lexer, Tokenizer, type Token } from "marked";

/** Markdown without what a message has no use for: HTML, link definitions, underlined headings, code by indentation. */
class Plain extends Tokenizer {
  override html = () => undefined;
  override tag = () => undefined;
  override def = () => undefined;
  override lheading = () => undefined;
  override code = () => undefined;
}

const CACHED = 1_000;
const cache = new Map<string, Token[] | null>();

/** A message's words as tokens; null when they are to be shown as they are, because they nest beyond all reason. */
export function parse(text: string): Token[] | null {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const tokens = lex(text);
  if (cache.size >= CACHED) cache.delete(cache.keys().next().value!);
  cache.set(text, tokens);
  return tokens;
}

function lex(text: string): Token[] | null {
  try {
    return new Lexer({ gfm: true, breaks: true, tokenizer: new Plain() }).lex(text);
  } catch {
    return null;
  }
}

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** An address that may become a link; null for any other. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href.trim());
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** What is seen of tokens within a line. The numbers of characters ("&#97;") are text, as HTML is. */
export const shownText = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => {
      if (token.type === "image") return token.text || token.href;
      if ("tokens" in token && token.tokens) return shownText(token.tokens);
      return token.type === "escape" || token.type === "codespan" ? token.text : token.raw;
    })
    .join("");

/** True when a link's words name another place than the one it leads to. */
export function misleads(words: string, href: string): boolean {
  const seen = words.replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  const named = /^\s*(?:https?:\/\/)?([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)/iu.exec(seen)?.[1];
  if (!named) return false;
  try {
    const host = new URL(href).hostname;
    const bare = new URL(`https://${named}`).hostname;
    return host !== "" && bare !== host && `www.${bare}` !== host && bare !== `www.${host}`;
  } catch {
    return true;
  }
}

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

/** One to three emoji and nothing else: shown larger. */
export const isJumbo = (text: string): boolean => text.length <= 40 && EMOJI_ONLY.test(text);

/** What is found by a search stands between these, in private use, while signs of formatting are taken out around it. */
export const FOUND = "\uE000";
export const FOUND_END = "\uE001";

/** An address in which something was found stays. */
const LINK = /!?\[([^\]\n]*)\]\([^)\s\uE000]*\)/g;
/** An underscore inside a word is one. */
const SIGNS =
  /```\w*\n?|[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}|~~|(?<![\p{L}\p{N}\p{Co}_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![\p{L}\p{N}\p{Co}_])|^>\s?|^#{1,6}\s/gmu;

/** A text on one line, without signs of formatting. */
export const withoutSigns = (text: string): string => text.replace(LINK, "$1").replace(SIGNS, "").replace(/\s+/g, " ").trim();

/** The same of a message, and no longer than so many characters: for quotes, notifications and screen readers. */
export function plainText(text: string, most = 140): string {
  const bare = withoutSigns(text);
  const characters = [...bare];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : bare;
}
