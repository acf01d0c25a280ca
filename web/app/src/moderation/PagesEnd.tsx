import type { Pages } from "../lib/pages";
import { Button } from "../ui/Button";

/** Under a list that comes in pages: what became of the last one, and more of it. */
export function PagesEnd<T>({ pages, empty }: { pages: Pages<T>; empty: string }) {
  const { items, hasMore, status, problem } = pages.state;
  const note = items.length > 0 ? "" : { loading: "Loading…", ready: empty, failed: "" }[status];
  return (
    <>
      {status === "failed" && <p className="rows-note" role="alert">{problem}</p>}
      {note && <p className="rows-note" role="status">{note}</p>}
      {hasMore && (
        <Button disabled={status === "loading"} onClick={() => void pages.more()}>
          Show more
        </Button>
      )}
    </>
  );
}
