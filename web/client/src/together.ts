/** Ends many things as one. */
export function together(...ends: readonly (() => void)[]): () => void {
  return () => ends.forEach((end) => end());
}
