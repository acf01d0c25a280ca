/** Of a browser's API that TypeScript does not know. */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

/**
 * Tells when the machine has another network. Browsers tell it late or not at all on some systems, so this is a hint and
 * nothing to wait for. Returns what ends it.
 */
export function watchNetwork(changed: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  const connection = (navigator as Navigator & { connection?: NetworkInformation }).connection;
  let type = connection?.type;
  const maybe = () => {
    // The event also comes for every new estimate of the speed.
    if (connection?.type === type) return;
    type = connection?.type;
    if (type !== "none") changed();
  };
  window.addEventListener("online", changed);
  connection?.addEventListener?.("change", maybe);
  return () => {
    window.removeEventListener("online", changed);
    connection?.removeEventListener?.("change", maybe);
  };
}
