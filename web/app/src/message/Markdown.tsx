import type { Sender } from "@parley/client";
import type { Token, Tokens } from "marked";
import { Fragment, memo, type ReactNode } from "react";
import { ownTarget } from "../lib/address";
import { isJumbo, misleads, parse, safeHref, shownText } from "../lib/markdown";
import { mentionPieces } from "../lib/mentions";
import { CodeBlock } from "./CodeBlock";

interface MarkdownProps {
  text: string;
  mentioned?: readonly Sender[];
  everyone?: boolean;
  me: string;
}

interface Context {
  mentioned: readonly Sender[];
  everyone: boolean;
  me: string;
}

/** What nests deeper than this is shown as it was written. */
const MAX_DEPTH = 12;
const NOBODY: readonly Sender[] = [];

/**
 * A message's words, formatted. They become elements one by one and never markup, so that nothing in them can be anything
 * else: HTML is text, and only addresses of the web and of mail are links.
 */
export const Markdown = memo(function Markdown({ text, mentioned = NOBODY, everyone = false, me }: MarkdownProps) {
  const tokens = parse(text);
  if (!tokens) return <p className="md-plain">{text}</p>;
  if (isJumbo(text)) return <p className="md-jumbo">{text}</p>;
  return <Blocks tokens={tokens} context={{ mentioned, everyone, me }} depth={0} />;
});

interface TokensProps {
  tokens: readonly Token[];
  context: Context;
  depth: number;
}

function Blocks({ tokens, context, depth }: TokensProps): ReactNode {
  if (depth > MAX_DEPTH) return <p className="md-plain">{tokens.map((token) => token.raw).join("")}</p>;
  return tokens.map((token, index) => <Block key={index} token={token} context={context} depth={depth} />);
}

function Block({ token, context, depth }: { token: Token; context: Context; depth: number }): ReactNode {
  const inline = (tokens: Token[] | undefined) => <Inlines tokens={tokens ?? []} context={context} depth={depth + 1} />;
  switch (token.type) {
    case "space":
      return null;
    case "paragraph":
      return <p dir="auto">{inline(token.tokens)}</p>;
    case "heading":
      return (
        <p dir="auto" className="md-heading">
          {inline(token.tokens)}
        </p>
      );
    case "blockquote":
      return (
        <blockquote dir={fromRight(token.raw) ?? "auto"}>
          <Blocks tokens={token.tokens ?? []} context={context} depth={depth + 1} />
        </blockquote>
      );
    case "code":
      return <CodeBlock text={(token as Tokens.Code).text} lang={(token as Tokens.Code).lang ?? ""} />;
    case "list":
      return <List list={token as Tokens.List} context={context} depth={depth} />;
    case "table":
      return <Table table={token as Tokens.Table} inline={inline} />;
    case "hr":
      return <hr />;
    case "text":
      return "tokens" in token && token.tokens ? inline(token.tokens) : <Words text={(token as Tokens.Text).text} context={context} />;
    default:
      return <p className="md-plain">{token.raw}</p>;
  }
}

/** Of words that begin in a script written from the right: "auto" does not look into what has a direction of its own. */
function fromRight(words: string): "rtl" | undefined {
  const letter = /\p{L}/u.exec(words)?.[0];
  return letter && /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(letter) ? "rtl" : undefined;
}

function List({ list, context, depth }: { list: Tokens.List; context: Context; depth: number }) {
  const items = list.items.map((item, index) => (
    <li key={index} dir="auto">
      {item.task && <input type="checkbox" checked={item.checked ?? false} disabled aria-label={item.checked ? "Done" : "Not done"} />}
      <Blocks tokens={item.tokens.filter(({ type }) => type !== "checkbox")} context={context} depth={depth + 1} />
    </li>
  ));
  const dir = fromRight(list.raw);
  return list.ordered ? (
    <ol start={Number(list.start) || 1} dir={dir}>
      {items}
    </ol>
  ) : (
    <ul dir={dir}>{items}</ul>
  );
}

function Table({ table, inline }: { table: Tokens.Table; inline: (tokens: Token[]) => ReactNode }) {
  return (
    <div className="md-table" dir={fromRight(table.raw)}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell, index) => (
              <th key={index}>{inline(cell.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{inline(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inlines({ tokens, context, depth }: TokensProps): ReactNode {
  if (depth > MAX_DEPTH) return tokens.map((token) => token.raw).join("");
  return tokens.map((token, index) => <Inline key={index} token={token} context={context} depth={depth} />);
}

function Inline({ token, context, depth }: { token: Token; context: Context; depth: number }): ReactNode {
  const inner = () => <Inlines tokens={("tokens" in token && token.tokens) || []} context={context} depth={depth + 1} />;
  switch (token.type) {
    case "strong":
      return <strong>{inner()}</strong>;
    case "em":
      return <em>{inner()}</em>;
    case "del":
      return <del>{inner()}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "escape":
      return (token as Tokens.Escape).text;
    case "link":
      return <Link link={token as Tokens.Link}>{inner()}</Link>;
    case "image":
      return <Link link={token as Tokens.Image}>{(token as Tokens.Image).text || (token as Tokens.Image).href}</Link>;
    case "text":
      return "tokens" in token && token.tokens ? inner() : <Words text={token.raw} context={context} />;
    default:
      return token.raw;
  }
}

function Link({ link, children }: { link: Tokens.Link | Tokens.Image; children: ReactNode }) {
  const href = safeHref(link.href);
  if (!href) return link.raw;
  const own = ownTarget(href);
  if (own) return <a href={new URL(href).hash}>{children}</a>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc" title={href}>
      <bdi>{misleads(shownText([link]), href) ? href : children}</bdi>
    </a>
  );
}

function Words({ text, context: { mentioned, everyone, me } }: { text: string; context: Context }) {
  return mentionPieces(text, mentioned, everyone).map((piece, index) => {
    if (!piece.mention) return <Fragment key={index}>{piece.text}</Fragment>;
    const { id } = piece.mention;
    return (
      <span key={index} className={id === null || id === me ? "mention mention-me" : "mention"}>
        {piece.text}
      </span>
    );
  });
}
