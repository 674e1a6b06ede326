import { useFeedline } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";

/** A site with accounts of its own does without this: it hands its people tokens that Feedline knows. */
export function SignIn(): ReactNode {
  const { session } = useFeedline();
  const [problem, setProblem] = useState("");

  async function signIn(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string): string => String(form.get(name));
    try {
      await session.login({ username: field("username"), password: field("password") });
    } catch {
      setProblem("That did not work.");
    }
  }

  return (
    <form className="write sign-in" onSubmit={(event) => void signIn(event)}>
      <input name="username" aria-label="Username" placeholder="Username" autoComplete="username" required />
      <input name="password" type="password" aria-label="Password" placeholder="Password" autoComplete="current-password" required />
      <button type="submit">Sign in</button>
      {problem && (
        <p className="unsent" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
