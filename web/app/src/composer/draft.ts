import type { Draft, Post, Tier } from "@feedline/client";
import type { UploadedMedia } from "@feedline/client/uploads";
import type { Dictionary } from "../i18n/en";
import type { FieldErrors } from "../problems";

/** What the composer's inputs hold. */
export interface Form {
  title: string;
  text: string;
  tags: string;
  category: string;
  /** Who can read it; empty is everyone. */
  tier: Tier | "";
  media: UploadedMedia | null;
}

export const EMPTY_FORM: Form = { title: "", text: "", tags: "", category: "", tier: "", media: null };
export const WORDS = ["title", "text", "tags", "category"] as const;
/** As the server names them. */
export const FIELDS: readonly string[] = [...WORDS, "tier", "mediaId"];
export const TIERS: readonly Tier[] = ["basic", "premium", "vip"];

/** The server's defaults. It has the last word; these only say it sooner. */
export const LIMITS = { title: 200, text: 10_000, tags: 10, tag: 40, category: 40, comment: 2_000 };

/** Characters as the server counts them: code points, not UTF-16 units. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

export function tagsIn(text: string): string[] {
  const tags = text.split(/[,\n]/).map((tag) => tag.trim().replace(/^#/, ""));
  return [...new Set(tags)].filter((tag) => tag !== "");
}

/** A new post. */
export function toDraft({ tier, media, ...form }: Form): Draft {
  const { mediaId = null, ...shown } = media ?? {};
  return {
    ...wordsOf(form),
    ...(tier !== "" && { tier }),
    ...(mediaId !== null && { mediaId, media: shown as Post["media"] }),
  };
}

/** A change of a post; its file is named only if it is another one. */
export function toChange({ tier, media, ...form }: Form, post: Post): Draft {
  const isSame = (media?.mediaId ?? null) === (mediaOf(post)?.mediaId ?? null);
  return { ...wordsOf(form), tier: tier || null, ...(!isSame && { mediaId: media?.mediaId ?? null }) };
}

function wordsOf(form: Pick<Form, (typeof WORDS)[number]>): Draft {
  return {
    title: form.title.trim(),
    text: form.text.trim(),
    tags: tagsIn(form.tags),
    category: form.category.trim() || null,
  };
}

/** What a refused draft had. */
export function formOf(draft: Draft): Form {
  const { tier, media, mediaId } = draft;
  return { ...formOfWords(draft), tier: tier ?? "", media: media && mediaId ? { ...media, mediaId } : null };
}

export function formOfPost(post: Post): Form {
  return { ...formOfWords(post.content), tier: post.access.tier ?? "", media: mediaOf(post) };
}

function formOfWords({ title, text, tags, category }: Draft | Post["content"]): Omit<Form, "tier" | "media"> {
  return { title: title ?? "", text: text ?? "", tags: (tags ?? []).join(", "), category: category ?? "" };
}

/** Files are named by their address; one from elsewhere can stay, but not be named. */
function mediaOf({ media }: Post): UploadedMedia | null {
  return media.url === null ? null : { ...media, mediaId: /^\/api\/media\/([^/]+)$/.exec(media.url)?.[1] ?? media.url };
}

export function isBlank(form: Form): boolean {
  return WORDS.every((name) => form[name].trim() === "") && form.media === null;
}

/** What is wrong, by field; empty when it can be sent. */
export function check(form: Form, t: Dictionary): FieldErrors {
  const errors: Record<string, string> = {};
  const { title, text, category, media } = form;
  if (title.trim() === "" && text.trim() === "" && media === null) errors.text = t.errorEmpty;
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
