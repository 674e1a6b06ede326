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
  const { code, detail, title, errors } = parse(text);
  return new ApiProblem(status, code ?? "unknown", detail ?? title ?? `HTTP ${status}`, errors);
}

interface Problem {
  code?: string;
  detail?: string;
  title?: string;
  errors?: FieldError[];
}

function parse(text: string): Problem {
  try {
    return (JSON.parse(text) as Problem | null) ?? {};
  } catch {
    return {};
  }
}
