import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where the server listens while the app is developed with `npm run dev`.
const server = "http://localhost:8080";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    // The page's policy allows nothing inline: neither scripts nor data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/api": { target: server, ws: true } } },
});
