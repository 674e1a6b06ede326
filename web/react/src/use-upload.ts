import { Upload, type UploadedMedia, type UploadSnapshot } from "@feedline/client/uploads";
import { sendFile } from "@feedline/client/uploads-browser";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

export interface UseUpload {
  /** Null when there is no file. */
  upload: (UploadSnapshot & { file: Blob }) | null;
  /** Sends a file, in place of the one that is under way. */
  send: (file: Blob) => void;
  retry: () => void;
  /** Gives the file up. */
  clear: () => void;
}

/** One file at a time on its way to the server; given up when the component goes. `onSent` hears of the one that got there. */
export function useUpload(onSent: (media: UploadedMedia) => void): UseUpload {
  const [current, setCurrent] = useState<Upload<Blob> | null>(null);
  const snapshot = useSyncExternalStore(current?.subscribe ?? noSubscription, () => current?.snapshot() ?? null);
  const media = snapshot?.media ?? null;
  useEffect(() => {
    if (media) onSent(media);
    // oxlint-disable-next-line react/exhaustive-deps -- told once for each file, whoever listens by then
  }, [media]);
  useEffect(() => () => current?.cancel(), [current]);
  return {
    upload: current && snapshot && { ...snapshot, file: current.file },
    send: useCallback((file: Blob) => setCurrent(new Upload(sendFile, file)), []),
    retry: useCallback(() => current?.retry(), [current]),
    clear: useCallback(() => setCurrent(null), []),
  };
}

const noSubscription = (): (() => void) => () => {};
