import type { Channel } from "@parley/client";

/** The project of the CRM that a channel belongs to. */
export function ProjectCard({ project }: { project: NonNullable<Channel["project"]> }) {
  const { name, url, status, isFinished } = project;
  const linked = url?.startsWith("https://") || url?.startsWith("http://");
  return (
    <section className="project-card" aria-label="Project" data-testid="project-card">
      <small>Project</small>
      <strong>{name}</strong>
      {(status || isFinished) && <span className={`pill ${isFinished ? "pill-done" : ""}`}>{isFinished ? "Finished" : status}</span>}
      {linked && (
        <a href={url} target="_blank" rel="noopener noreferrer">
          Open in the CRM
        </a>
      )}
    </section>
  );
}
