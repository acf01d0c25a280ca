import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/workspace.css";
import "./styles/messages.css";
import "./styles/markdown.css";
import "./styles/composer.css";
import "./styles/panel.css";
import "./styles/details.css";
import "./styles/call.css";
import "./styles/dialogs.css";
import "./styles/trial.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
