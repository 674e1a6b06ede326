import type { UploadedMedia } from "@feedline/client/uploads";
import { useUpload, type UseUpload } from "@feedline/react/upload";
import { useEffect, useId, useImperativeHandle, useRef, useState, type ReactNode, type Ref } from "react";
import { useI18n } from "../i18n";
import { CloseIcon, PictureIcon } from "../ui/icons";
import { accepted, ACCEPTED, fileProblem, uploadProblem } from "./media";

/** What the form may do with the file. */
export interface MediaHandle {
  /** Takes a file that was dropped or pasted somewhere else in the form. */
  take(file: File): void;
}

interface MediaFieldProps {
  ref: Ref<MediaHandle>;
  media: UploadedMedia | null;
  error?: string | undefined;
  onChange(media: UploadedMedia | null): void;
  /** Whether a file is on its way. */
  onBusy(busy: boolean): void;
}

/** The file of a post: chosen, sent, shown, and taken out again. */
export function MediaField({ ref, media, error, onChange, onBusy }: MediaFieldProps): ReactNode {
  const { t } = useI18n();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<string | null>(null);
  /** The file that was chosen last, on this device. */
  const [localUrl, setLocalUrl] = useState<string | null>(null);
  const sending = useUpload((sent) => onChange(sent));
  const { upload, send, clear } = sending;
  const isSending = upload?.status === "sending";
  const local = upload && localUrl;
  useEffect(() => onBusy(isSending), [isSending, onBusy]);
  useEffect(() => () => void (localUrl && URL.revokeObjectURL(localUrl)), [localUrl]);

  function take(file: File): void {
    const problem = fileProblem(file, t);
    setRefused(problem);
    if (problem !== null) return;
    onChange(null);
    setLocalUrl(URL.createObjectURL(file));
    send(file);
  }
  useImperativeHandle(ref, () => ({ take }));

  function remove(): void {
    clear();
    onChange(null);
    input.current?.focus();
  }

  const failure = refused ?? (upload?.status === "failed" ? uploadProblem(upload.error, t) : error);
  const isShown = media !== null || upload?.status === "sending" || upload?.status === "failed";
  return (
    <div className={failure === undefined ? "media-field" : "media-field field-wrong"}>
      {isShown && <Preview media={media} url={local ?? media?.url ?? ""} upload={upload} onRemove={remove} />}
      <input
        ref={input}
        id={id}
        type="file"
        className="visually-hidden"
        accept={ACCEPTED}
        // Beside a file there is no button to be seen in focus: that file is taken away first.
        tabIndex={isShown ? -1 : undefined}
        aria-describedby={failure === undefined ? undefined : `${id}-note`}
        aria-invalid={failure === undefined ? undefined : true}
        onChange={({ target }) => {
          const file = accepted(target.files);
          target.value = "";
          if (file) take(file);
        }}
      />
      {!isShown && (
        <label htmlFor={id} className="button button-small media-button">
          <PictureIcon />
          {t.mediaAdd}
        </label>
      )}
      {isShown && (
        <label htmlFor={id} className="visually-hidden">
          {t.mediaAdd}
        </label>
      )}
      {failure !== undefined && (
        <p id={`${id}-note`} className="field-error" role="alert">
          {failure}
          {upload?.status === "failed" && (
            <>
              {" "}
              <button type="button" className="link-button" onClick={sending.retry}>
                {t.tryAgain}
              </button>
            </>
          )}
        </p>
      )}
    </div>
  );
}

interface PreviewProps {
  media: UploadedMedia | null;
  url: string;
  upload: UseUpload["upload"];
  onRemove(): void;
}

function Preview({ media, url, upload, onRemove }: PreviewProps): ReactNode {
  const { t } = useI18n();
  const type = media?.type ?? upload?.file.type.split("/")[0];
  return (
    <div className="media-preview">
      {type === "image" && (
        <img src={url} alt={t.mediaAttached} style={{ aspectRatio: media?.aspectRatio ?? undefined }} />
      )}
      {type === "video" && (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- the server takes no captions
        <video src={url} controls preload="metadata" aria-label={t.mediaAttached} />
      )}
      {type === "audio" && (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- the server takes no captions
        <audio src={url} controls preload="metadata" aria-label={t.mediaAttached} />
      )}
      <button type="button" className="icon-button media-remove" aria-label={t.mediaRemove} onClick={onRemove}>
        <CloseIcon />
      </button>
      {upload?.status === "sending" && <Progress part={upload.progress} />}
    </div>
  );
}

function Progress({ part }: { part: number }): ReactNode {
  const { t } = useI18n();
  const percent = Math.floor(part * 100);
  return (
    <div className="media-progress">
      <progress max={100} value={percent} aria-label={t.mediaSending(percent)} />
      <span>{percent < 100 ? t.mediaSending(percent) : t.mediaWorking}</span>
    </div>
  );
}
