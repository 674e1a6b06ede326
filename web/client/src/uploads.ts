import { Emitter } from "./emitter";
import { problemFrom, Unreachable } from "./problem";
import type { Post } from "./protocol";

/** A file that the server has, for the `mediaId` of a post. */
export type UploadedMedia = Post["media"] & { mediaId: string };

export interface SendHandlers {
  /** How much of the file is sent, from 0 to 1. */
  progress(part: number): void;
  answered(status: number, text: string): void;
  failed(): void;
}

/** Sends a file in the field `file` of a form; returns the function that gives it up. */
export type SendFile<F> = (path: string, file: F, handlers: SendHandlers) => () => void;

export interface UploadSnapshot {
  readonly status: "sending" | "sent" | "failed" | "cancelled";
  /** From 0 to 1; at 1 the server still works on it. */
  readonly progress: number;
  readonly media: UploadedMedia | null;
  readonly error: unknown;
}

/** One file on its way to the server. */
export class Upload<F> {
  readonly file: F;
  readonly #send: SendFile<F>;
  readonly #changes = new Emitter<void>();
  #snapshot: UploadSnapshot = { status: "sending", progress: 0, media: null, error: null };
  #giveUp: () => void = () => {};

  readonly subscribe = this.#changes.subscribe;
  readonly snapshot = (): UploadSnapshot => this.#snapshot;

  constructor(send: SendFile<F>, file: F) {
    this.#send = send;
    this.file = file;
    this.retry();
  }

  /** Sends it again from the start. */
  readonly retry = (): void => {
    this.#giveUp();
    this.#set({ status: "sending", progress: 0, media: null, error: null });
    this.#giveUp = this.#send("/api/media", this.file, {
      progress: (part) => this.#isUnderWay && this.#set({ ...this.#snapshot, progress: part }),
      answered: (status, text) => this.#isUnderWay && this.#answered(status, text),
      failed: () => this.#isUnderWay && this.#fail(new Unreachable("no answer")),
    });
  };

  readonly cancel = (): void => {
    if (!this.#isUnderWay) return;
    this.#giveUp();
    this.#set({ ...this.#snapshot, status: "cancelled" });
  };

  get #isUnderWay(): boolean {
    return this.#snapshot.status === "sending";
  }

  #answered(status: number, text: string): void {
    if (status >= 400) return this.#fail(problemFrom({ status }, text));
    this.#set({ status: "sent", progress: 1, media: JSON.parse(text) as UploadedMedia, error: null });
  }

  #fail(error: unknown): void {
    this.#set({ ...this.#snapshot, status: "failed", error });
  }

  #set(snapshot: UploadSnapshot): void {
    this.#snapshot = snapshot;
    this.#changes.emit();
  }
}
