import type { SendFile } from "./uploads";

/** By the only browser interface that tells how far a request has been sent. */
export const sendFile: SendFile<Blob> = (path, file, handlers) => {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("file", file);
  request.open("POST", path);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", ({ loaded, total }) => handlers.progress(total > 0 ? loaded / total : 0));
  request.addEventListener("load", () => handlers.answered(request.status, request.responseText));
  request.addEventListener("error", () => handlers.failed());
  request.send(form);
  return () => request.abort();
};
