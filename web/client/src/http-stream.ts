import type { StreamHandlers } from "./platform";

/** Reads an answer as it arrives, for platforms that have `fetch`. Returns the function that gives it up. */
export function readStream(request: (signal: AbortSignal) => Promise<Response>, handlers: StreamHandlers): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  read(request(signal), handlers)
    .catch(() => {})
    .finally(() => signal.aborted || handlers.closed());
  return () => controller.abort();
}

async function read(answer: Promise<Response>, handlers: StreamHandlers): Promise<void> {
  const response = await answer;
  handlers.opened(response.status);
  // Where it can't be read piece by piece, it comes whole.
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return handlers.text(await response.text());
  for (let part = await reader.read(); !part.done; part = await reader.read()) handlers.text(part.value);
}
