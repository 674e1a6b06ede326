import { parsed } from "./parsed";
import type { HttpResponse } from "./platform";

/** Nobody is asked to come back so late; beyond a month timers of browsers would go off at once. */
const LONGEST_PAUSE_S = 3_600;

export interface FieldError {
  /** The field, as a dotted path into the request body. */
  readonly path: string;
  readonly message: string;
}

/** The server's answer was an error: RFC 9457 problem details. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  /** Stable and machine-readable, such as `validation_failed`. */
  readonly code: string;
  readonly errors: readonly FieldError[];
  /** For how long the server wants to be left alone, in milliseconds; 0 if it did not say. */
  readonly retryAfterMs: number;

  constructor(status: number, code: string, detail: string, errors: readonly FieldError[] = [], retryAfterMs = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came: the network or the server is down, or it took too long. Whether the request was done is unknown. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** Whether the same request may succeed later without any change. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status >= 500 || error.status === 429 || error.status === 408;
  return error instanceof Unreachable;
}

/** For how long nothing that failed like this is to be asked for again. */
export function pauseAfter(error: unknown): number {
  return error instanceof ApiProblem ? error.retryAfterMs : 0;
}

/** Reads a problem+json body; a proxy in between may have answered with something else. */
export function problemFrom({ status, headers }: Pick<HttpResponse, "status" | "headers">, text: string): ApiProblem {
  const { code = "unknown", title = `HTTP ${status}`, detail = title, errors } = parsed<Problem>(text) ?? {};
  // A date (RFC 9110 10.2.3) is taken for nothing: clocks differ, and this server sends none.
  const pause = Math.min(LONGEST_PAUSE_S, Number(headers?.get("Retry-After")) || 0);
  return new ApiProblem(status, code, detail, errors, pause * 1000);
}

interface Problem {
  code?: string;
  detail?: string;
  title?: string;
  errors?: FieldError[];
}
