import { useState } from "react";
import { IconButton } from "./Button";

type Theme = "system" | "light" | "dark";
const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const ICONS = { system: "system", light: "sun", dark: "moon" } as const;

function current(): Theme {
  const theme = document.documentElement.dataset["theme"];
  return theme === "light" || theme === "dark" ? theme : "system";
}

function choose(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem("parley.theme", theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** Light, dark, or what the system says. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(current);
  const change = () => {
    choose(NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  return <IconButton icon={ICONS[theme]} label={`Theme: ${theme}. Change`} onClick={change} testId="theme" />;
}
