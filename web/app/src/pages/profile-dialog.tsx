import type { Profile, User } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { usePeople } from "@feedline/react/people";
import { useUpload } from "@feedline/react/upload";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { accepted, fileProblem, uploadProblem } from "../composer/media";
import { useI18n } from "../i18n";
import { byField } from "../problems";
import { Avatar } from "../ui/avatar";
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
  const [avatar, setAvatar] = useState(person.avatar);
  const { form, errors, refuse } = useFormErrors();

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      const change = { name: name.trim(), ...(avatar !== person.avatar && { avatar }) };
      people.put(await client.editProfile(change));
      toast(t.saved);
      onClose();
    } catch (error) {
      refuse(byField(error, ["name", "avatar"], t));
    }
  }

  return (
    <Dialog title={t.editProfile} className="dialog-small" onClose={onClose}>
      <form ref={form} className="post-form" noValidate onSubmit={(event) => void save(event)}>
        <AvatarField person={{ ...person, avatar }} error={errors.avatar} onChange={setAvatar} />
        <Field label={t.displayName} error={errors.name ?? errors[""]}>
          {(input) => (
            <input
              {...input}
              name="name"
              dir="auto"
              value={name}
              autoComplete="name"
              data-autofocus
              onChange={(event) => setName(event.target.value)}
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

interface AvatarFieldProps {
  person: User | Profile;
  error: string | undefined;
  onChange(avatar: string | null): void;
}

function AvatarField({ person, error, onChange }: AvatarFieldProps): ReactNode {
  const { t } = useI18n();
  const id = useId();
  const [refused, setRefused] = useState<string | null>(null);
  const { upload, send } = useUpload((media) => onChange(media.thumbnail ?? media.url));
  const failure = refused ?? (upload?.status === "failed" ? uploadProblem(upload.error, t) : error);

  function take(file: File): void {
    const problem = file.type.startsWith("image/") ? fileProblem(file, t) : t.mediaKind;
    setRefused(problem);
    if (problem === null) send(file);
  }

  return (
    <div className="avatar-field media-field">
      <Avatar person={person} large />
      <input
        id={id}
        type="file"
        className="visually-hidden"
        accept="image/jpeg,image/png,image/webp,image/gif"
        onChange={({ target }) => {
          const file = accepted(target.files);
          target.value = "";
          if (file) take(file);
        }}
      />
      <label htmlFor={id} className="button button-small media-button">
        {upload?.status === "sending" ? t.mediaSending(Math.floor(upload.progress * 100)) : t.avatarChoose}
      </label>
      {person.avatar !== null && (
        <button type="button" className="link-button" onClick={() => onChange(null)}>
          {t.avatarRemove}
        </button>
      )}
      {failure !== undefined && (
        <p className="field-error" role="alert">
          {failure}
        </p>
      )}
    </div>
  );
}
