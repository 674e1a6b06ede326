import type { Language } from "../i18n";

export const REASONS = ["spam", "abuse", "violence", "sexual", "illegal", "impersonation", "other"] as const;
export type Reason = (typeof REASONS)[number];

export const REASON_WORDS: Readonly<Record<Language, Readonly<Record<Reason, string>>>> = {
  en: {
    spam: "Spam, or a fraud",
    abuse: "Abuse or harassment",
    violence: "Violence, or a threat of it",
    sexual: "Sexual content",
    illegal: "Something illegal",
    impersonation: "Pretends to be somebody else",
    other: "Something else",
  },
  ru: {
    spam: "Спам или обман",
    abuse: "Оскорбления или травля",
    violence: "Насилие или угрозы",
    sexual: "Сексуальное содержание",
    illegal: "Что-то противозаконное",
    impersonation: "Выдаёт себя за другого",
    other: "Что-то ещё",
  },
};
