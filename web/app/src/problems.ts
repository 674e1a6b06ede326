import { ApiProblem, isPassing, Unreachable } from "@feedline/client";
import type { Dictionary } from "./i18n/en";

/** Field -> what is wrong with it. `""` stands for the request as a whole. */
export type FieldErrors = Readonly<Record<string, string>>;

/** An error in a person's words. */
export function describe(error: unknown, t: Dictionary): string {
  if (error instanceof Unreachable) return t.errorUnreachable;
  if (!(error instanceof ApiProblem)) return t.errorGeneral;
  if (error.status === 429) return t.errorThrottled;
  return error.status >= 500 ? t.errorServer : error.message;
}

/** Why something didn't load. */
export function describeLoad(error: unknown, t: Dictionary): string {
  return isPassing(error) ? `${describe(error, t)} ${t.triesAgain}` : describe(error, t);
}

/** The server's findings by field (`tags.3` belongs to `tags`); what belongs to no field of the form is under `""`. */
export function byField(error: unknown, fields: readonly string[], t: Dictionary): FieldErrors {
  const errors: Record<string, string> = {};
  if (error instanceof ApiProblem) {
    for (const { path, message } of error.errors) {
      const name = path.split(/[.[/]/).find((part) => part !== "" && part !== "$") ?? "";
      errors[fields.includes(name) ? name : ""] ??= message;
    }
  }
  return Object.keys(errors).length > 0 ? errors : { "": describe(error, t) };
}
