import type { LinkPreview, Message } from "@parley/client";
import { usePreviewImage } from "@parley/react";
import { safeHref } from "../lib/markdown";

/** What a page that is linked to says of itself. */
export function PreviewCard({ message, preview }: { message: Message; preview: LinkPreview }) {
  const href = safeHref(preview.url);
  if (!href) return null;
  const wide = isWide(preview);
  return (
    <a className={wide ? "preview-card preview-card-wide" : "preview-card"} data-testid="preview" href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
      <span className="preview-text">
        <small>{preview.siteName || new URL(href).hostname}</small>
        <strong dir="auto">{preview.title}</strong>
        {preview.description && <span dir="auto">{preview.description}</span>}
      </span>
      {preview.image && <Picture key={message.revision} message={message} alt={preview.imageAlt ?? ""} />}
    </a>
  );
}

/** A picture that shows something is below the words; a logo or a face is beside them. */
function isWide({ image, imageWidth = 0, imageHeight = 0 }: LinkPreview): boolean {
  return Boolean(image) && imageWidth >= 320 && imageWidth >= 1.3 * imageHeight;
}

/** The box is there before the picture is and stays without it, so that nothing moves. */
function Picture({ message, alt }: { message: Message; alt: string }) {
  const { src, onError } = usePreviewImage(message);
  return <span className="preview-picture">{src && <img src={src} alt={alt} loading="lazy" decoding="async" onError={onError} />}</span>;
}
