import type { Creator } from "@feedline/client";
import type { ReactNode } from "react";

const HUES = 12;

/** A picture, or the first letter on a colour that stays the same for the same person. */
export function Avatar({ person, large = false }: { person: Creator; large?: boolean }): ReactNode {
  const size = large ? "avatar avatar-large" : "avatar";
  if (person.avatar) return <img className={size} src={person.avatar} alt="" loading="lazy" />;
  return (
    <span className={`${size} hue-${hueOf(person.id)}`} aria-hidden="true">
      {firstLetter(person.name || person.username)}
    </span>
  );
}

function firstLetter(name: string): string {
  return (Array.from(name.trim())[0] ?? "?").toLocaleUpperCase();
}

export function hueOf(id: string): number {
  // FNV-1a: ids of the same minute differ in a few characters only, and should not share a colour for that.
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) % HUES;
}
