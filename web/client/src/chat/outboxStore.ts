import type { Pending } from "./outbox";

export type StoreChange = { put: Pending } | { removed: string };

/** Where what is unsent is kept, for all pages of one user. */
export interface OutboxStore {
  load(): Promise<Pending[]>;
  put(item: Pending): void;
  remove(clientId: string): void;
  /** Tells what another page changed. Returns what ends it. */
  onChange(listener: (change: StoreChange) => void): () => void;
  /** Runs the work when no other page runs any of the same name. */
  exclusively(name: string, work: () => Promise<void>): Promise<void>;
}

/** Keeps nothing beyond the page: for places that have no database. */
export const noStore: OutboxStore = {
  load: () => Promise.resolve([]),
  put: () => {},
  remove: () => {},
  onChange: () => () => {},
  exclusively: (_name, work) => work(),
};

const STORE = "pending";

/**
 * Keeps what is unsent in IndexedDB, where it survives the closing of the page. A database that fails costs what is
 * unsent at the closing of the page, and nothing else.
 */
export class IndexedOutboxStore implements OutboxStore {
  private readonly opened: Promise<IDBDatabase | null>;
  private channel: BroadcastChannel | null;

  constructor(
    private readonly name: string,
    factory: IDBFactory | undefined = globalThis.indexedDB,
  ) {
    this.opened = open(name, factory).catch(() => null);
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  }

  async load(): Promise<Pending[]> {
    const database = await this.opened;
    if (!database) return [];
    return new Promise((resolve) => {
      const request = database.transaction(STORE).objectStore(STORE).getAll();
      request.onsuccess = () => resolve((request.result as unknown[]).filter(isPending));
      request.onerror = () => resolve([]);
    });
  }

  put(item: Pending): void {
    void this.write((store) => store.put(item)).then(() => this.tell({ put: item }));
  }

  remove(clientId: string): void {
    void this.write((store) => store.delete(clientId)).then(() => this.tell({ removed: clientId }));
  }

  onChange(listener: (change: StoreChange) => void): () => void {
    if (this.channel) this.channel.onmessage = ({ data }: MessageEvent) => listener(data as StoreChange);
    return () => {
      this.channel?.close();
      this.channel = null;
    };
  }

  exclusively(name: string, work: () => Promise<void>): Promise<void> {
    // Pages that are not served securely have no locks; then the clientId alone keeps a message single.
    if (typeof navigator === "undefined" || !("locks" in navigator)) return work();
    return navigator.locks.request(`${this.name}.${name}`, work);
  }

  private tell(change: StoreChange): void {
    this.channel?.postMessage(change);
  }

  private async write(change: (store: IDBObjectStore) => IDBRequest): Promise<void> {
    const database = await this.opened;
    if (!database) return;
    await new Promise<void>((resolve) => {
      const transaction = database.transaction(STORE, "readwrite");
      transaction.oncomplete = transaction.onabort = transaction.onerror = () => resolve();
      change(transaction.objectStore(STORE));
      transaction.commit(); // else it waits for the page, which may be closed by then, and nothing is kept
    });
  }
}

function open(name: string, factory: IDBFactory | undefined): Promise<IDBDatabase | null> {
  if (!factory) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const request = factory.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "clientId" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(new Error("no database"));
  });
}

export function isPending(value: unknown): value is Pending {
  const item = value as Partial<Pending> | null;
  const texts = [item?.clientId, item?.channelId, item?.message, item?.createdAt];
  return texts.every((text) => typeof text === "string") && (item?.state === "sending" || item?.state === "failed");
}
