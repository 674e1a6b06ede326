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

  constructor(status: number, code: string, detail: string, errors: readonly FieldError[] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
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

/** Reads a problem+json body; a proxy in between may have answered with something else. */
export function problemFrom(status: number, text: string): ApiProblem {
  const body = parse(text);
  const code = typeof body.code === "string" ? body.code : "unknown";
  const detail = [body.detail, body.title].find((part) => typeof part === "string") ?? `HTTP ${status}`;
  return new ApiProblem(status, code, String(detail), Array.isArray(body.errors) ? body.errors.filter(isFieldError) : []);
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === "object" && value !== null && "path" in value && "message" in value;
}
