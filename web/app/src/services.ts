import type { LocalMedia, Parley } from "@parley/client";
import { createContext, useContext } from "react";

/** What lives beside the store because it is no plain data: the client, and the devices of the call being prepared. */
export interface Services {
  readonly parley: Parley;
  media: LocalMedia | null;
  /** A development server: test hooks are allowed. */
  readonly dev: boolean;
}

const Context = createContext<Services | null>(null);

export const ServicesProvider = Context.Provider;

export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error("useServices needs a ServicesProvider above it");
  return services;
}
