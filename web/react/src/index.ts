/** React on @parley/client: hooks for what is going on, and components that play it. They bring no style of their own. */
export { ParleyProvider, useLive, useParley } from "./context";
export {
  useCall,
  useCalls,
  useChannels,
  useConnection,
  useDevices,
  useLocalMedia,
  useMessages,
  useSpeakers,
  useSpeaking,
  useTrack,
} from "./hooks";
export { useBlocks, useCurrent, useOwnStatus, usePeopleVersion, usePresence, useRoster, useSchedule, useTyping } from "./people";
export { useDraft, useFollowed, usePreviewImage, useReaders, useSaved, useThread, useTimeline } from "./chatHooks";
export { AudioSink, Video, VideoTile } from "./video";
