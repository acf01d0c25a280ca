import { Component, type ReactNode } from "react";

interface BoundaryProps {
  /** What stands instead of what cannot be drawn. */
  fallback: ReactNode;
  children: ReactNode;
}

/** Keeps what cannot be drawn from taking the rest of the page with it. */
export class Boundary extends Component<BoundaryProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? this.props.fallback : this.props.children;
  }
}
