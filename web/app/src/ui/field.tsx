import { useId, type ReactNode } from "react";

interface FieldProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  aside?: ReactNode;
  /** Draws the input; the properties tie it to its label, hint and error. */
  children(properties: FieldInput): ReactNode;
}

export interface FieldInput {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

export function Field({ label, hint, error, aside, children }: FieldProps): ReactNode {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={error === undefined ? "field" : "field field-wrong"}>
      <div className="field-head">
        <label htmlFor={id}>{label}</label>
        {aside}
      </div>
      {children({
        id,
        "aria-describedby": note === undefined ? undefined : `${id}-note`,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {note !== undefined && (
        <p id={`${id}-note`} className={error === undefined ? "field-hint" : "field-error"}>
          {note}
        </p>
      )}
    </div>
  );
}
