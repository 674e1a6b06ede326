import type { UploadedMedia } from "@feedline/client/uploads";
import { readStored, writeStored } from "../storage";
import { EMPTY_FORM, isBlank, TIERS, WORDS, type Form } from "./draft";

/**
 * What was written and not sent, kept over a closed dialog, a reload and a crash. It belongs to a person, by their id, or
 * to a refused post, by its client id.
 */
export function keptDraft(owner: string): Form {
  try {
    const stored: unknown = JSON.parse(readStored(keyFor(owner)) ?? "null");
    return typeof stored === "object" && stored !== null ? readForm(stored) : EMPTY_FORM;
  } catch {
    return EMPTY_FORM;
  }
}

export function keepDraft(owner: string, form: Form): void {
  writeStored(keyFor(owner), isBlank(form) ? null : JSON.stringify(form));
}

function readForm(stored: object): Form {
  const values: Record<string, unknown> = { ...stored };
  const words = WORDS.map((name) => [name, typeof values[name] === "string" ? values[name] : ""]);
  const tier = TIERS.find((one) => one === values.tier) ?? "";
  return { ...EMPTY_FORM, ...(Object.fromEntries(words) as Partial<Form>), tier, media: readMedia(values.media) };
}

/** The server keeps a file for a day until it is posted. */
function readMedia(stored: unknown): UploadedMedia | null {
  const isMedia = typeof stored === "object" && stored !== null && "mediaId" in stored && typeof stored.mediaId === "string";
  return isMedia ? (stored as UploadedMedia) : null;
}

function keyFor(owner: string): string {
  return `feedline.draft.${owner}`;
}
