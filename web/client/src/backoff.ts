/** How long to wait before each attempt: full jitter over a span that doubles, so that a crowd does not return as one. */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly minMs: number,
    private readonly firstMs: number,
    private readonly maxMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const span = Math.min(this.maxMs, this.firstMs * 2 ** this.attempts);
    this.attempts++;
    return Math.round(this.minMs + this.random() * Math.max(0, span - this.minMs));
  }

  reset(): void {
    this.attempts = 0;
  }
}
