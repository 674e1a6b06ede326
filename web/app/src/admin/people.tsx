import { useFeedline, useSession } from "@feedline/react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { Table } from "./table";
import { useWords } from "./words";

const PAUSE_MS = 200;

const WORDS = {
  en: {
    title: "People",
    search: "How the username begins",
    none: "Nobody is called so.",
    columns: ["Who", "State", "Posts", "Signed in", "Change"],
    states: { active: "active", disabled: "shut out", leaving: "being deleted" },
    disable: "Shut out",
    enable: "Let in",
    delete: "Delete",
    sure: (name: string) => `Delete ${name}?`,
    sureText: "All posts, comments, likes and files of this person are removed, for everybody and for good.",
  },
  ru: {
    title: "Люди",
    search: "Начало имени пользователя",
    none: "Так никого не зовут.",
    columns: ["Кто", "Состояние", "Записи", "Входы", "Изменить"],
    states: { active: "активен", disabled: "закрыт", leaving: "удаляется" },
    disable: "Закрыть доступ",
    enable: "Открыть доступ",
    delete: "Удалить",
    sure: (name: string) => `Удалить ${name}?`,
    sureText: "Все записи, комментарии, отметки и файлы этого человека исчезнут у всех и навсегда.",
  },
};

interface Account {
  id: string;
  username: string;
  name: string;
  state: "active" | "disabled" | "leaving";
  postsCount: number;
  sessions: number;
}

/** Who is here, and who shall not be. */
export default function People(): ReactNode {
  const words = useWords(WORDS);
  const [search, setSearch] = useState("");
  const { people, act } = usePeopleCalled(search);
  const [leaving, setLeaving] = useState<Account | null>(null);
  const { user } = useSession();
  const [who, state, posts, sessions, change] = words.columns;
  return (
    <>
      <h1>{words.title}</h1>
      <Field label={words.search}>
        {(input) => (
          <input {...input} type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
        )}
      </Field>
      {people?.length === 0 && <p className="admin-loading">{words.none}</p>}
      {people && people.length > 0 && (
        <Table titles={words.columns}>
          {people.map((person) => (
            <tr key={person.id}>
              <td data-label={who}>
                <Link href={`/u/${person.username}`}>{person.name}</Link> @{person.username}
              </td>
              <td data-label={state}>{words.states[person.state]}</td>
              <td data-label={posts}>{person.postsCount}</td>
              <td data-label={sessions}>{person.sessions}</td>
              <td data-label={change}>
                {person.state !== "leaving" && person.id !== user?.id && (
                  <div className="admin-acts">
                    <button
                      type="button"
                      className="button button-small"
                      onClick={() => void act("PATCH", person, { disabled: person.state === "active" })}
                    >
                      {person.state === "active" ? words.disable : words.enable}
                    </button>
                    <button type="button" className="button button-small" onClick={() => setLeaving(person)}>
                      {words.delete}
                    </button>
                  </div>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {leaving && (
        <ConfirmDialog
          title={words.sure(leaving.name)}
          text={words.sureText}
          label={words.delete}
          onConfirm={() => act("DELETE", leaving)}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}

/** The accounts that are asked for, and what is done to them; the list is loaded again after it. */
function usePeopleCalled(search: string) {
  const { api, clock } = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [people, setPeople] = useState<readonly Account[] | null>(null);

  const load = useCallback(async () => {
    try {
      const path = `/api/admin/users?search=${encodeURIComponent(search)}`;
      setPeople((await api.call<{ users: Account[] }>("GET", path)).users);
    } catch (error) {
      toast(describe(error, t));
    }
  }, [api, search, t, toast]);

  useEffect(() => clock.after(search === "" ? 0 : PAUSE_MS, () => void load()), [clock, load, search]);

  async function act(method: "PATCH" | "DELETE", { id }: Account, body?: object): Promise<void> {
    try {
      await api.call(method, `/api/admin/users/${encodeURIComponent(id)}`, body);
    } catch (error) {
      toast(describe(error, t));
    }
    await load();
  }

  return { people, act };
}
