// What the first screen does not need. It is a file of its own, which the page fetches once it has come to rest.
export { CallView } from "./call/CallView";
export { FloatingCall } from "./call/FloatingCall";
export { PreJoin } from "./call/PreJoin";
export { MessageDialogs } from "./message/Dialogs";
export { SidePanel } from "./panel/SidePanel";
export { PeopleDialog } from "./sidebar/PeopleDialog";
export { ViewDialogs } from "./ViewDialogs";
