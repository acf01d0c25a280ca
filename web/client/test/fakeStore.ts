import type { Pending } from "../src/chat/outbox";
import type { OutboxStore, StoreChange } from "../src/chat/outboxStore";

/** A database that several pages share, with its locks. `page` gives each of them its view. */
export class FakeDatabase {
  readonly kept = new Map<string, Pending>();
  private readonly pages = new Set<(change: StoreChange) => void>();
  private readonly locks = new Map<string, Promise<void>>();

  page(): OutboxStore {
    let mine: ((change: StoreChange) => void) | null = null;
    const tell = (change: StoreChange) => [...this.pages].forEach((page) => page !== mine && page(structuredClone(change)));
    return {
      load: () => Promise.resolve(structuredClone([...this.kept.values()])),
      put: (item) => {
        this.kept.set(item.clientId, structuredClone(item));
        tell({ put: item });
      },
      remove: (clientId) => {
        this.kept.delete(clientId);
        tell({ removed: clientId });
      },
      onChange: (listener) => {
        this.pages.add((mine = listener));
        return () => void this.pages.delete(listener);
      },
      exclusively: async (name, work) => {
        const before = this.locks.get(name) ?? Promise.resolve();
        const run = before.then(work);
        this.locks.set(name, run.catch(() => {}));
        await run;
      },
    };
  }
}
