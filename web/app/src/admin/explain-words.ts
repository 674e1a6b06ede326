import type { Language } from "../i18n";

type Transport = "ws" | "sse" | "poll";
type Verdict = "shown" | "sent" | "loaded" | "not_sent" | "unknown";

export interface Moment {
  at: string;
  /** After the commit of the post. */
  ms: number;
  text: string;
  kind: string;
  detail: string;
}

/** How a node handed the post out, in milliseconds after its commit; null is what it can't say. */
interface Dispatch {
  node: string;
  at: string;
  sockets: number | null;
  firstMs: number | null;
  lastMs: number | null;
}

interface Connection {
  id: string;
  transport: Transport;
  node: string;
  openedAt: string;
  closedAt: string | null;
  closeCode: number | null;
  outcome: string;
  /** Whether it was there for the post, or brought it; the others are of later on. */
  matters: boolean;
  text: string;
}

export interface Story {
  postId: string;
  author: string;
  user: string;
  committedAt: string;
  verdict: Verdict;
  reason: string;
  summary: string;
  isLocked: boolean;
  moments: readonly Moment[];
  dispatches: readonly Dispatch[];
  connections: readonly Connection[];
  notes: readonly string[];
}

interface Words {
  title: string;
  post: string;
  postHint: string;
  user: string;
  ask: string;
  missing: string;
  now: string;
  connections: string;
  others(count: number): string;
  transports: Record<Transport, string>;
  verdicts: Record<Verdict, string>;
  code(code: number): string;
  moments(day: string): string;
  summary(story: Story): string;
  moment(moment: Moment, story: Story): string;
  outcome(connection: Connection): string;
  notes(story: Story): readonly string[];
}

/** In English the server tells it, with the words of the command line. */
const en: Words = {
  title: "Why somebody saw a post, or not",
  post: "Post",
  postHint: "Its id, or the address of its page",
  user: "Who should have seen it: their username",
  ask: "Explain",
  missing: "Please fill this in.",
  now: "now",
  connections: "Connections",
  others: (count) => (count === 1 ? "1 other connection later that day" : `${count} other connections later that day`),
  transports: { ws: "WebSocket", sse: "Event stream", poll: "Long-poll" },
  verdicts: { shown: "shown", sent: "sent", loaded: "loaded", not_sent: "not sent", unknown: "unknown" },
  code: (code) => `code ${code}`,
  moments: (day) => `What happened, ${day}`,
  summary: ({ summary }) => summary,
  moment: ({ text }) => text,
  outcome: ({ text }) => text,
  notes: ({ notes }) => notes,
};

const WAYS: Record<string, string> = { ws: "WebSocket", sse: "поток событий", poll: "долгий опрос" };

const MOMENTS: Record<string, (detail: string) => string> = {
  committed: (place) => (place === "" ? "зафиксирована" : `зафиксирована, место ${place} в журнале`),
  opened: (way) => `открыто соединение: ${WAYS[way]}`,
  sent: (way) => `отправлена вживую: ${WAYS[way]}`,
  replayed: (way) => `отправлена вдогонку: ${WAYS[way]}`,
  shown: (way) => `на экране, сообщает браузер: ${WAYS[way]}`,
  closed: (way) => `закрыто соединение: ${WAYS[way]}`,
  follow: () => "началась подписка на автора",
  unfollow: () => "подписка на автора закончилась",
  tier: (tier) => `уровень подписки изменился: ${tier}`,
  retracted: (why) => `запись отозвана: ${why}`,
  deleted: () => "запись удалена",
};

const REASONS: Record<string, (story: Story) => string> = {
  live: (story) => `Запись отправлена @${story.user} вживую${form(story)}${after(story, "sent")}; ${onScreen(story)}`,
  replayed: (story) => `Сначала @${story.user} её не получает, потом запись отправлена вдогонку${form(story)}${after(story, "replayed")}; ${onScreen(story)}`,
  listed: () => "Запись старше того, с чего началась страница: она была в списке, который страница загрузила.",
  resynced: () => "Странице было велено загрузить всё заново, и запись была в том списке.",
  blocked: ({ user, author }) => `Между @${user} и @${author} блокировка: друг друга они не видят.`,
  deleted: () => "Автор удалил запись раньше, чем её отправили.",
  not_following: ({ user, author }) => `У @${user} нет подписки на @${author}, и ни одна открытая страница эту запись не показывает.`,
  no_channel: ({ user, author }) => `Соединение у @${user} было, но без ленты, в которую попадают записи @${author}.`,
  offline: ({ user }) => `Соединения у @${user} не было и с тех пор нет.`,
  switched_off: ({ user }) => `Живая доставка для @${user} была выключена: страницы тогда сами загружаются раз в несколько секунд, и это не записывается.`,
  lagging: () => "Сокет полон: браузер слишком медленно принимает то, что ему шлют.",
  catching_up: () => "Соединение только что открылось и ещё навёрстывает пропущенное.",
  cut_short: () => "Соединение оборвалось раньше, чем наверстало пропущенное.",
  closed: () => "Соединение закрылось раньше.",
  too_early: () => "События записываются раз в две секунды: спросите ещё раз через мгновение.",
  forgotten: () => "Что тогда отправляли по соединениям, уже не хранится.",
};

const unknown = () => "Сказать нельзя: узел записал не всё.";

const OUTCOMES: Record<string, string> = {
  live: "отправлена вживую",
  replayed: "отправлена вдогонку",
  listed: "началось позже записи, она была в загруженном списке",
  resynced: "странице велено загрузить всё заново",
  waiting: "ещё навёрстывает",
  cut_short: "оборвалось раньше, чем наверстало",
  closed: "закрылось раньше",
  unsubscribed: "лента была закрыта раньше",
  no_channel: "без ленты, в которую попадает запись",
};

const plural = new Intl.PluralRules("ru");
const FORMS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "соединение", few: "соединения" };

const ru: Words = {
  title: "Почему человек увидел запись или нет",
  post: "Запись",
  postHint: "Её номер или адрес её страницы",
  user: "Кто должен был её увидеть (имя)",
  ask: "Объяснить",
  missing: "Заполните это поле.",
  now: "сейчас",
  connections: "Соединения",
  others: (count) => `Ещё ${count} ${FORMS[plural.select(count)] ?? "соединений"} позже в тот же день`,
  transports: { ws: "WebSocket", sse: "Поток событий", poll: "Долгий опрос" },
  verdicts: { shown: "на экране", sent: "отправлена", loaded: "загружена", not_sent: "не отправлена", unknown: "неизвестно" },
  code: (code) => `код ${code}`,
  moments: (day) => `Что произошло, ${day}`,
  summary: (story) => (REASONS[story.reason] ?? unknown)(story),
  moment: ({ kind, detail, text }, story) => (kind === "dispatched" ? dispatched(detail, story) : MOMENTS[kind]?.(detail)) ?? text,
  outcome: ({ outcome }) => OUTCOMES[outcome] ?? "неизвестно",
  notes: ({ isLocked, user, author }) => [
    ...(isLocked ? [`Запись открыта не всем подписчикам @${author}: для @${user} она закрыта.`] : []),
    "Уровни и блокировки – нынешние; при падении теряются последние секунды записей.",
  ],
};

function dispatched(node: string, { dispatches }: Story): string {
  const begun = `разослана узлом ${node}`;
  const found = dispatches.find((one) => one.node === node);
  if (!found || found.sockets === null) return begun;
  const { sockets, firstMs, lastMs } = found;
  if (firstMs === null || lastMs === null) return `${begun}, где её никто не ждал`;
  const when =
    firstMs === lastMs
      ? `через ${span(firstMs)} после фиксации`
      : `первый – через ${span(firstMs)} после фиксации, последний – через ${span(lastMs)}`;
  return `${begun}, сокетов: ${sockets.toLocaleString("ru")}, ${when}`;
}

function form({ isLocked }: Story): string {
  return isLocked ? " (в закрытом виде)" : "";
}

function after({ moments }: Story, kind: string): string {
  const sent = moments.find((moment) => moment.kind === kind);
  return sent ? `, через ${span(sent.ms)} после фиксации` : "";
}

function onScreen({ moments }: Story): string {
  const shown = moments.find(({ kind }) => kind === "shown");
  return shown ? `на экране она через ${span(shown.ms)} после фиксации.` : "о том, что она на экране, браузер не сообщал.";
}

function span(ms: number): string {
  return ms < 10_000 ? `${ms} мс` : `${(ms / 1_000).toLocaleString("ru", { maximumFractionDigits: 1 })} с`;
}

export const WORDS: Readonly<Record<Language, Words>> = { en, ru };
