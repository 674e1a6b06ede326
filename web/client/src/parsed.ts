/** What a JSON text says, or null if it is none. What shape it has is for the caller to know. */
export function parsed<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T | null;
  } catch {
    return null;
  }
}
