import { beforeEach, expect, test } from "vitest";
import { Upload, type SendHandlers } from "../src/uploads";

const MEDIA = { mediaId: "m1", type: "image", url: "/api/media/m1", thumbnail: null, aspectRatio: 1.5 } as const;

let handlers: SendHandlers[];
let givenUp: number;
let upload: Upload<string>;

beforeEach(() => {
  handlers = [];
  givenUp = 0;
  upload = new Upload((path, file, given) => {
    expect([path, file]).toEqual(["/api/media", "a file"]);
    handlers.push(given);
    return () => void (givenUp += 1);
  }, "a file");
});

const last = () => handlers.at(-1) as SendHandlers;

test("it tells how far it is, and what the server made of it", () => {
  last().progress(0.5);
  expect(upload.snapshot()).toMatchObject({ status: "sending", progress: 0.5 });
  last().answered(201, JSON.stringify(MEDIA));
  expect(upload.snapshot()).toEqual({ status: "sent", progress: 1, media: MEDIA, error: null });
});

test("it says why it was refused", () => {
  last().answered(413, JSON.stringify({ code: "payload_too_large", detail: "Too large." }));
  expect(upload.snapshot()).toMatchObject({ status: "failed", error: { code: "payload_too_large" } });
});

test("one that did not get through is sent again from the start", () => {
  last().progress(0.7);
  last().failed();
  expect(upload.snapshot().status).toBe("failed");
  upload.retry();
  expect(upload.snapshot()).toMatchObject({ status: "sending", progress: 0, error: null });
  last().answered(201, JSON.stringify(MEDIA));
  expect(upload.snapshot().status).toBe("sent");
});

test("given up, it takes no notice of what still comes", () => {
  upload.cancel();
  last().answered(201, JSON.stringify(MEDIA));
  expect(upload.snapshot().status).toBe("cancelled");
  upload.cancel();
  expect(givenUp).toBe(1);
});
