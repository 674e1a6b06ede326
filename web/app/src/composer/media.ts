import { ApiProblem } from "@feedline/client";
import type { Dictionary } from "../i18n/en";
import { describe } from "../problems";

/** What the server takes. It looks into the file and has the last word. */
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,video/mp4,video/webm,audio/mpeg,audio/mp4,audio/x-m4a,audio/ogg";

/** The server's default. */
const LARGEST = 50 * 1024 * 1024;

/** The one file of a choice, a drop or a clipboard; null if there is none. */
export function accepted(files: FileList | null | undefined): File | null {
  return files?.[0] ?? null;
}

/** What is wrong with a file as far as can be known here; null if nothing. */
export function fileProblem(file: File, t: Dictionary): string | null {
  const isKnown = /^(image|video|audio)\//.test(file.type) || file.type === "";
  if (!isKnown) return t.mediaKind;
  return file.size > LARGEST ? t.mediaTooLarge(sizeOf(LARGEST)) : null;
}

/** Why the server did not take it. */
export function uploadProblem(error: unknown, t: Dictionary): string {
  if (!(error instanceof ApiProblem)) return `${t.mediaFailed} ${describe(error, t)}`;
  if (error.code === "unsupported_media_type" || error.code === "validation_failed") return t.mediaKind;
  if (error.code !== "payload_too_large") return `${t.mediaFailed} ${describe(error, t)}`;
  if (error.message.startsWith("All your files")) return t.mediaQuota;
  return t.mediaTooLarge(sizeOf(Number(/\d+/.exec(error.message)?.[0] ?? LARGEST)));
}

function sizeOf(bytes: number): string {
  const isSmall = bytes < 1_000_000;
  const options = { style: "unit", unit: isSmall ? "kilobyte" : "megabyte", maximumFractionDigits: 0 } as const;
  return new Intl.NumberFormat(document.documentElement.lang, options).format(bytes / (isSmall ? 1_000 : 1_048_576));
}
