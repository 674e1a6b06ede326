import { readStored, writeStored } from "../storage";
import { EMPTY_FORM, FIELDS, isBlank, type Form } from "./draft";

/** The post that a person has begun, kept over a closed dialog, a reload and a crash. Each person has their own. */
export function keptDraft(userId: string): Form {
  try {
    const stored: unknown = JSON.parse(readStored(keyFor(userId)) ?? "null");
    return typeof stored === "object" && stored !== null ? readForm(stored) : EMPTY_FORM;
  } catch {
    return EMPTY_FORM;
  }
}

export function keepDraft(userId: string, form: Form): void {
  writeStored(keyFor(userId), isBlank(form) ? null : JSON.stringify(form));
}

function readForm(stored: object): Form {
  const values: Record<string, unknown> = { ...stored };
  const fields = FIELDS.map((name) => [name, typeof values[name] === "string" ? values[name] : ""]);
  return { ...EMPTY_FORM, ...(Object.fromEntries(fields) as Partial<Form>) };
}

function keyFor(userId: string): string {
  return `feedline.draft.${userId}`;
}
