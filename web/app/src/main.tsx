import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Failed } from "./SignIn";
import { Boundary } from "./ui/Boundary";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/workspace.css";
import "./styles/messages.css";
import "./styles/markdown.css";
import "./styles/composer.css";
import "./styles/panel.css";
import "./styles/details.css";
import "./styles/search.css";
import "./styles/moderation.css";
import "./styles/call.css";
import "./styles/dialogs.css";
import "./styles/trial.css";

const root = document.getElementById("root");
const broken = (
  <Failed
    title="Something went wrong"
    text="The page could not be drawn. Nothing that was sent is lost."
    onRetry={() => window.location.reload()}
  />
);
if (root) {
  createRoot(root).render(
    <Boundary fallback={broken}>
      <App />
    </Boundary>,
  );
}
