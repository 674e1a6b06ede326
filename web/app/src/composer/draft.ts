import type { Draft, Post } from "@feedline/client";
import type { Dictionary } from "../i18n/en";
import type { FieldErrors } from "../problems";

/** What the composer's inputs hold. */
export interface Form {
  title: string;
  text: string;
  tags: string;
  category: string;
}

export const EMPTY_FORM: Form = { title: "", text: "", tags: "", category: "" };
export const FIELDS = Object.keys(EMPTY_FORM) as readonly (keyof Form)[];

/** The server's defaults. It has the last word; these only say it sooner. */
export const LIMITS = { title: 200, text: 10_000, tags: 10, tag: 40, category: 40 };

/** Characters as the server counts them: code points, not UTF-16 units. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

export function tagsIn(text: string): string[] {
  const tags = text.split(/[,\n]/).map((tag) => tag.trim().replace(/^#/, ""));
  return [...new Set(tags)].filter((tag) => tag !== "");
}

export function toDraft(form: Form): Draft {
  return {
    title: form.title.trim(),
    text: form.text.trim(),
    tags: tagsIn(form.tags),
    category: form.category.trim() || null,
  };
}

export function formOf({ title, text, tags, category }: Draft | Post["content"]): Form {
  return { title: title ?? "", text: text ?? "", tags: (tags ?? []).join(", "), category: category ?? "" };
}

export function isBlank(form: Form): boolean {
  return FIELDS.every((name) => form[name].trim() === "");
}

/** What is wrong, by field; empty when it can be sent. */
export function check(form: Form, t: Dictionary): FieldErrors {
  const errors: Record<string, string> = {};
  const { title, text, category } = form;
  if (title.trim() === "" && text.trim() === "") errors.text = t.errorEmpty;
  for (const [name, value] of Object.entries({ title, text, category })) {
    const limit = LIMITS[name as "title" | "text" | "category"];
    if (lengthOf(value.trim()) > limit) errors[name] = t.errorTooLong(limit);
  }
  const tags = tagsIn(form.tags);
  const long = tags.find((tag) => lengthOf(tag) > LIMITS.tag);
  if (tags.length > LIMITS.tags) errors.tags = t.errorTooManyTags(LIMITS.tags);
  else if (long !== undefined) errors.tags = t.errorTagTooLong(long, LIMITS.tag);
  return errors;
}
