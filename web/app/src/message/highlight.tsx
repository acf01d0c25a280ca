import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import type { ReactNode } from "react";

export type Highlight = (text: string, language: string) => ReactNode;

const lowlight = createLowlight({ bash, css, diff, go, java, javascript, json, python, sql, typescript, xml, yaml });

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

/** Code in colours; as it is when nobody knows the language. */
export const highlight: Highlight = (text, language) => {
  if (!lowlight.registered(language)) return text;
  return lowlight.highlight(language, text).children.map(render);
};

function render(node: Node, key: number): ReactNode {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return null;
  const classes = node.properties["className"];
  return (
    <span key={key} className={Array.isArray(classes) ? classes.join(" ") : ""}>
      {node.children.map((child, index) => render(child as Node, index))}
    </span>
  );
}
