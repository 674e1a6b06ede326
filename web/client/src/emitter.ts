/** A list of listeners. One that throws stops nobody else from hearing; its error is thrown when all have heard. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly subscribe = (listener: (value: T) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  emit(value: T): void {
    const errors: unknown[] = [];
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(value);
      } catch (error) {
        errors.push(error);
      }
    }
    for (const error of errors) throw error;
  }
}
