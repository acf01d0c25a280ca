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
  thread: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8l-4.5 4v-4H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM8.5 9h7M8.5 12.2h4.5",
  smile: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM8.5 14a4 4 0 0 0 7 0M9 9.6v.1M15 9.6v.1",
  bookmark: "M7 4h10v16l-5-3.8L7 20z",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  pin: "M9 4h6l-.8 6 3.3 3.5h-11L9.8 10zM12 13.500V20",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.700L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.700L12 17",
  copy: "M9 9h10v11H9zM5 15V4h10",
  forward: "M13 6l6 6-6 6M19 12H9a5 5 0 0 0-5 5v1",
  quote: "M5 6h14M9 11h10M9 16h7M5 11v5",
  more: "M6 12v.1M12 12v.1M18 12v.1",
  unread: "M4 7h11M4 12h16M4 17h16M19.5 6.500v.1",
  bold: "M8 5h5a3.3 3.3 0 0 1 0 6.800H8zM8 11.800h6a3.6 3.6 0 0 1 0 7.200H8z",
  italic: "M10 5h7M7 19h7M14 5l-4 14",
  strike: "M4 12h16M16.5 8.500A4 3.5 0 0 0 12 5.500c-2.5 0-4.2 1.3-4.2 3.2 0 .9.4 1.6 1 2.100M7.5 15.300c.4 2 2.2 3.2 4.5 3.2 2.6 0 4.4-1.3 4.4-3.4",
  list: "M9 7h11M9 12h11M9 17h11M5 7v.1M5 12v.1M5 17v.1",
  ordered: "M10 7h10M10 12h10M10 17h10M4 6l1.5-1v4M4 15.500c0-1.3 2.2-1.3 2.2 0 0 1-2.2 1.8-2.2 3h2.3",
  code: "M8.5 8 4.5 12l4 4M15.5 8l4 4-4 4",
  codeBlock: "M4 5h16v14H4zM10 9.5 7.5 12l2.5 2.500M14 9.500l2.5 2.5-2.5 2.5",
  format: "M4 18 8.5 6 13 18M5.5 14.500h6M15 18a2.6 2.6 0 1 0 0-5.200h0A2.6 2.6 0 0 0 15 18zM19 12.500V18",
  at: "M15.5 12a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0zM15.5 8.500V13a2.3 2.3 0 0 0 4.5 0v-1a8 8 0 1 0-3.2 6.4",
  help: "M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM9.5 9.500a2.5 2.5 0 1 1 3.7 2.200c-.8.4-1.2 1-1.2 1.800M12 16.400v.1",
  checks: "M3 12.500l4 4L15.5 7M11 15.500l1 1L20.5 7",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.5 1.500h-15zM10.5 20.500h3",
  flag: "M6 21V4h11l-2 4 2 4H6",
  chevron: "M6 9.5l6 6 6-6",
  info: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 11v5M12 8v.1",
  bellOff: "M8 6.5A6 6 0 0 1 18 11v4M6 16v-5c0-.6.1-1.2.3-1.8M4.5 18H16M10 21h4M3 3l18 18",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  compass: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM15.5 8.5l-2 5-5 2 2-5z",
  clock: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2",
  shield: "M12 3.5 5 6v5.5c0 4.2 2.8 7.4 7 9 4.2-1.6 7-4.8 7-9V6z",
  personAdd: "M10 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4 19a6 6 0 0 1 12 0M18.5 8v6M15.5 11h6",
  silence: "M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM16 10l4 4M20 10l-4 4",
  block: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM6 6l12 12",
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
