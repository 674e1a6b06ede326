import { useFeedline } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { byField } from "../problems";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFormErrors } from "../ui/use-form-errors";

export function RenameDialog({ name, onClose }: { name: string; onClose(): void }): ReactNode {
  const client = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [value, setValue] = useState(name);
  const { form, errors, refuse } = useFormErrors();

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      await client.editProfile({ name: value.trim() });
      toast(t.saved);
      onClose();
    } catch (error) {
      refuse(byField(error, ["name"], t));
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
              value={value}
              autoComplete="name"
              data-autofocus
              onChange={(event) => setValue(event.target.value)}
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
