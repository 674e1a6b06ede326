import { lazy, type ComponentType } from "react";
import type { Language } from "../i18n";

export interface Section {
  /** Its place under `/admin`; that of the first one is "". */
  readonly path: string;
  readonly title: Readonly<Record<Language, string>>;
  /** Its script is loaded when somebody goes there. */
  readonly View: ComponentType;
}

/** In the order of the navigation. */
export const SECTIONS: readonly Section[] = [
  { path: "", title: { en: "Overview", ru: "Обзор" }, View: lazy(() => import("./overview")) },
  { path: "people", title: { en: "People", ru: "Люди" }, View: lazy(() => import("./people")) },
  { path: "reports", title: { en: "Reports", ru: "Жалобы" }, View: lazy(() => import("./reports")) },
  { path: "delivery", title: { en: "Live delivery", ru: "Доставка" }, View: lazy(() => import("./delivery")) },
  { path: "explain", title: { en: "Explain", ru: "Почему" }, View: lazy(() => import("./explain")) },
  { path: "tokens", title: { en: "Tokens", ru: "Токены" }, View: lazy(() => import("./tokens")) },
  { path: "audit", title: { en: "Record", ru: "Журнал" }, View: lazy(() => import("./audit")) },
];
