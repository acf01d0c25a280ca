import type { Failure } from "./wire";

/** A request that did not succeed: what the server answered, or why no answer came. */
export class ParleyError extends Error {
  override readonly name = "ParleyError";

  constructor(
    /** Stable and for programs. This client adds `disconnected`, `timeout` and `network` to the server's codes. */
    readonly code: string,
    /** One sentence for people. */
    message: string,
    readonly details: Record<string, unknown> = {},
    /** How long to wait before the same request may succeed; undefined when the server did not say. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }

  static from(failure: Failure): ParleyError {
    return new ParleyError(failure.code, failure.error, failure.details, failure.retryAfterMs);
  }

  static of(error: unknown): ParleyError {
    if (error instanceof ParleyError) return error;
    return new ParleyError("internal", error instanceof Error ? error.message : String(error));
  }

  /** No answer came, so whether the request took effect is not known. */
  get unanswered(): boolean {
    return this.code === "disconnected" || this.code === "timeout" || this.code === "network";
  }

  /** The same request, sent again later, may succeed. */
  get retryable(): boolean {
    return this.unanswered || this.retryAfterMs !== undefined || TEMPORARY.has(this.code);
  }
}

const TEMPORARY = new Set(["internal", "unavailable", "rate_limited"]);

/** True for an ack or an answer that says no. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && typeof (value as Failure).error === "string";
}
