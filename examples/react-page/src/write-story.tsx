import { usePublish } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";

/** What is sent is on the page at once; here is only what has not arrived, and why. */
export function WriteStory({ name }: { name: string }): ReactNode {
  const { publish, retry, discard, unsent } = usePublish();
  const [text, setText] = useState("");

  function send(event: FormEvent): void {
    event.preventDefault();
    if (!text.trim()) return;
    publish({ text });
    setText("");
  }

  return (
    <form className="write" onSubmit={send}>
      <label htmlFor="story">What happened, {name}?</label>
      <textarea id="story" rows={2} value={text} onChange={(event) => setText(event.target.value)} />
      <button type="submit">Print it</button>
      {unsent
        .filter(({ delivery }) => delivery !== "sending")
        .map(({ key, delivery, post }) => (
          <p key={key} className="unsent">
            “{post.content.text.slice(0, 40)}” {delivery === "failed" ? "was refused." : "waits for the connection."}
            <button type="button" onClick={() => retry(key)}>
              Try again
            </button>
            <button type="button" onClick={() => discard(key)}>
              Drop it
            </button>
          </p>
        ))}
    </form>
  );
}
