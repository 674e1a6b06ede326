import { useEffect, useRef, useState, type RefObject } from "react";
import type { FieldErrors } from "../problems";

interface FormErrors {
  /** For the form itself. */
  form: RefObject<HTMLFormElement | null>;
  errors: FieldErrors;
  setErrors(errors: FieldErrors): void;
  /** Shows what is wrong and brings the person to it. */
  refuse(errors: FieldErrors): void;
}

const NO_ERRORS: FieldErrors = {};

/** What is wrong with a form, by field. */
export function useFormErrors(initial: FieldErrors = NO_ERRORS): FormErrors {
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState(initial);
  const [refusals, setRefusals] = useState(0);
  useEffect(() => {
    if (refusals > 0) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [refusals]);
  const refuse = (found: FieldErrors) => {
    setErrors(found);
    setRefusals((count) => count + 1);
  };
  return { form, errors, setErrors, refuse };
}
