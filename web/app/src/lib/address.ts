/** What the page's address points to. */
export interface Target {
  channelId: string | null;
  messageId: string | null;
}

const ADDRESS = /^#\/(?:channels|c)\/([0-9a-f]{24})(?:\/m\/([0-9a-f]{24}))?$/;

export function targetOf(hash: string): Target {
  const [, channelId = null, messageId = null] = ADDRESS.exec(hash) ?? [];
  return { channelId, messageId };
}

export function pathOf(channelId: string | null, messageId?: string): string {
  if (!channelId) return "#/";
  return messageId ? `#/channels/${channelId}/m/${messageId}` : `#/channels/${channelId}`;
}

/** A message's address, to be sent to somebody. */
export const linkOf = (channelId: string, messageId: string): string =>
  `${window.location.origin}${window.location.pathname}${pathOf(channelId, messageId)}`;

/** A link into this very app. */
export function ownTarget(href: string): Target | null {
  const url = new URL(href, window.location.href);
  if (url.origin !== window.location.origin || url.pathname !== window.location.pathname) return null;
  const target = targetOf(url.hash);
  return target.channelId ? target : null;
}
