import { configureStore } from "@reduxjs/toolkit";
import { useDispatch, useSelector } from "react-redux";
import type { Services } from "../services";
import call from "./callSlice";
import channels from "./channelSlice";
import communications from "./communicationSlice";
import panels from "./panelSlice";
import search from "./searchSlice";
import session from "./sessionSlice";
import view from "./viewSlice";

export function createStore(services: Services) {
  return configureStore({
    reducer: { session, channels, communications, panels, view, search, call },
    middleware: (defaults) =>
      defaults({ thunk: { extraArgument: services }, serializableCheck: false, immutableCheck: false }),
  });
}

export type Store = ReturnType<typeof createStore>;
export type RootState = ReturnType<Store["getState"]>;
export type Dispatch = Store["dispatch"];
export type Thunk<R = void> = (dispatch: Dispatch, getState: () => RootState, services: Services) => R;

export const useAppDispatch = useDispatch.withTypes<Dispatch>();
export const useAppSelector = useSelector.withTypes<RootState>();
