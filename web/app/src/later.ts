import { type ComponentProps, type ComponentType, lazy } from "react";

type Rest = typeof import("./rest");

/** Fetches what the first screen does not need. */
export const rest = (): Promise<Rest> => import("./rest");

const part = <K extends keyof Rest>(name: K) =>
  lazy(async () => ({ default: (await rest())[name] as unknown as ComponentType<ComponentProps<Rest[K]>> }));

export const CallView = part("CallView");
export const FloatingCall = part("FloatingCall");
export const PreJoin = part("PreJoin");
export const MessageDialogs = part("MessageDialogs");
export const SidePanel = part("SidePanel");
export const PeopleDialog = part("PeopleDialog");
export const ViewDialogs = part("ViewDialogs");
export const ConnectionTest = lazy(async () => ({ default: (await import("./trial/ConnectionTest")).ConnectionTest }));
