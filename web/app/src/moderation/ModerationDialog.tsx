import { useAppDispatch } from "../store";
import { viewDialogChanged } from "../store/viewSlice";
import { TitledDialog } from "../ui/TitledDialog";
import { AuditLog } from "./AuditLog";

/** For those who run a channel, and for the company's admins. */
export function ModerationDialog({ channelId }: { channelId: string }) {
  const dispatch = useAppDispatch();
  return (
    <TitledDialog title="Moderation" className="dialog-wide dialog-tall" onClose={() => dispatch(viewDialogChanged(null))}>
      <AuditLog channelId={channelId} />
    </TitledDialog>
  );
}
