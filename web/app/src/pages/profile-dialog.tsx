import type { Profile, User } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { usePeople } from "@feedline/react/people";
import { useState, type FormEvent, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { byField } from "../problems";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFormErrors } from "../ui/use-form-errors";

/** One's own name and picture. */
export function ProfileDialog({ person, onClose }: { person: User | Profile; onClose(): void }): ReactNode {
  const client = useFeedline();
  const people = usePeople();
  const { t } = useI18n();
  const toast = useToast();
  const [name, setName] = useState(person.name);
  const [avatar, setAvatar] = useState(person.avatar ?? "");
  const { form, errors, refuse } = useFormErrors();

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    const address = avatar.trim();
    if (address !== "" && !address.startsWith("https://")) return refuse({ avatar: t.errorAvatar });
    try {
      people.put(await client.editProfile({ name: name.trim(), avatar: address || null }));
      toast(t.saved);
      onClose();
    } catch (error) {
      refuse(byField(error, ["name", "avatar"], t));
    }
  }

  return (
    <Dialog title={t.editProfile} className="dialog-small" onClose={onClose}>
      <form ref={form} className="post-form" noValidate onSubmit={(event) => void save(event)}>
        <Field label={t.displayName} error={errors.name ?? errors[""]}>
          {(input) => (
            <input
              {...input}
              name="name"
              value={name}
              autoComplete="name"
              data-autofocus
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t.avatarField} hint={t.avatarHint} error={errors.avatar}>
          {(input) => (
            <input
              {...input}
              name="avatar"
              type="url"
              value={avatar}
              placeholder={t.optional}
              autoComplete="off"
              onChange={(event) => setAvatar(event.target.value)}
            />
          )}
        </Field>
        <div className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="button button-primary">
            {t.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
