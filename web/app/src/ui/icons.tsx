import type { ReactNode } from "react";

const PATHS = {
  hash: "M5 9h14M5 15h14M10 4 8 20M16 4l-2 16",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM20 20l-4-4",
  send: "M4 12 20 4l-6 16-3-7zM11 13l9-9",
  back: "M15 5l-7 7 7 7",
  down: "M12 5v14M6 13l6 6 6-6",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  minus: "M7 12h10",
  alert: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.1",
  retry: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  phone: "M6 4h3l1.6 4.2-2 1.6a12 12 0 0 0 5.6 5.6l1.6-2L20 15v3a2 2 0 0 1-2.2 2A15 15 0 0 1 4 6.2 2 2 0 0 1 6 4z",
  hangup: "M3 14.5c5.6-5 12.4-5 18 0l-2.3 2.6-3.6-1.4v-2.6a11 11 0 0 0-6.2 0v2.6l-3.6 1.4z",
  video: "M4 7h11v10H4zM15 11l5-3v8l-5-3z",
  videoOff: "M4 7h3m4 0h4v4m0 4v2H4V7M15 11l5-3v8l-3-1.8M3 3l18 18",
  mic: "M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  micOff: "M9.5 9.5v2a2.5 2.5 0 0 0 4 2M14.5 11V6.5a2.5 2.5 0 0 0-4.9-.7M6 11.5a6 6 0 0 0 9.5 4.9M18 11.5a6 6 0 0 1-.5 2.3M12 17.5V21M3 3l18 18",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4M12 13V8.5M9.5 10.5 12 8l2.5 2.5",
  screenOff: "M3 5h18v11H3zM9 20h6M12 16v4M9.8 8.3l4.4 4.4M14.2 8.3l-4.4 4.4",
  grid: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  speaker: "M4 5h16v9H4zM4 17h4v2.5H4zM10 17h4v2.5h-4zM16 17h4v2.5h-4z",
  minimise: "M20 4l-6 6M14 5v5h5M4 20l6-6M10 19v-5H5",
  maximise: "M14 10l6-6M15 4h5v5M10 14l-6 6M9 20H4v-5",
  chat: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8l-4.5 4v-4H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  signOut: "M10 5H5v14h5M14 8l4 4-4 4M18 12H9",
  settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h5",
  users: "M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM3.5 19a5.5 5.5 0 0 1 11 0M15.5 5.3a3 3 0 0 1 0 5.4M17 14a5.5 5.5 0 0 1 3.5 5",
  offline: "M3 3l18 18M5 12a10 10 0 0 1 4-2.5M15 9.6a10 10 0 0 1 4 2.4M8.5 15.5a5 5 0 0 1 7 0M12 19v.1",
} as const;

export type IconName = keyof typeof PATHS;

/** One of the app's own drawings. It says nothing to a screen reader: the control around it has a name. */
export function Icon({ name, size = 18, children }: { name: IconName; size?: number; children?: ReactNode }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
      {children}
    </svg>
  );
}
