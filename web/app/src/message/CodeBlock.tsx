import { memo, useEffect, useState } from "react";
import { IconButton } from "../ui/Button";
import type { Highlight } from "./highlight";

/** Code as it was written, coloured once the means to do so are loaded. */
export const CodeBlock = memo(function CodeBlock({ text, lang }: { text: string; lang: string }) {
  const language = /^[\w+#-]{1,20}/.exec(lang)?.[0].toLowerCase() ?? "";
  const highlight = useHighlight(language !== "" && text.length <= MAX_HIGHLIGHTED);
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => setCopied(true), () => {});
  };
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <div className="code">
      <pre dir="ltr" tabIndex={0}>
        <code>{highlight ? highlight(text, language) : text}</code>
      </pre>
      <IconButton icon={copied ? "check" : "copy"} label={copied ? "Copied" : "Copy the code"} className="code-copy" onClick={copy} />
    </div>
  );
});

const MAX_HIGHLIGHTED = 10_000;
let loaded: Highlight | null = null;

function useHighlight(wanted: boolean): Highlight | null {
  const [, setTurn] = useState(0);
  useEffect(() => {
    if (!wanted || loaded) return;
    let current = true;
    import("./highlight").then(
      ({ highlight }) => {
        loaded = highlight;
        if (current) setTurn((turn) => turn + 1);
      },
      () => {}, // without colours it is still code
    );
    return () => {
      current = false;
    };
  }, [wanted]);
  return wanted ? loaded : null;
}
