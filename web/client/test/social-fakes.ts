import { Feedline } from "../src";
import type { Comment, Creator, FeedEvent, Notification, Profile } from "../src/protocol";
import { FakePlatform, postId, settled, type Request } from "./fakes";

const AT = "2026-01-22T10:00:00.000Z";

export function makePerson(id: string): Creator {
  return { id, username: id, name: id, avatar: null, isVerified: false };
}

export function makeProfile(id: string, traits: Partial<Profile> = {}): Profile {
  const counts = { followersCount: 0, followingCount: 0, postsCount: 0 };
  return { ...makePerson(id), role: "user", ...counts, createdAt: AT, isFollowed: false, tier: null, ...traits };
}

function idOf(kind: string, number: number): string {
  return `${kind}-${String(number).padStart(6, "0")}`;
}

export function makeComment(number: number, author = "ann", text = `comment ${number}`): Comment {
  return { id: idOf("comment", number), postId: postId(1), author: makePerson(author), text, createdAt: AT };
}

export function makeNotification(number: number, traits: Partial<Notification> = {}): Notification {
  const id = idOf("notification", number);
  const actor = makePerson("ann");
  return { id, kind: "like", actor, othersCount: 0, postId: postId(1), text: "", isRead: false, createdAt: AT, ...traits };
}

/** What is in every event, beside its own fields. */
export function told(cursor: string, channel = `post:${postId(1)}`): { cursor: string; channel: string; timestamp: string } {
  return { cursor, channel, timestamp: AT };
}

export function commentAdded(comment: Comment, commentsCount: number, cursor: string): FeedEvent {
  return { type: "comment_added", postId: comment.postId, comment, commentsCount, ...told(cursor) };
}

export function commentDeleted({ id, postId: post }: Comment, commentsCount: number, cursor: string): FeedEvent {
  return { type: "comment_deleted", postId: post, commentId: id, commentsCount, ...told(cursor) };
}

/** Somebody is not there for the viewer any more. */
export function blockedBy(creatorId: string, cursor: string): FeedEvent {
  return { type: "post_retracted", creatorId, reason: "blocked", ...told(cursor, "feed:me") };
}

/** A client in whose page "me" is signed in. */
export async function signedIn(): Promise<{ platform: FakePlatform; client: Feedline }> {
  const platform = new FakePlatform();
  const client = new Feedline(platform);
  void client.start();
  await settled();
  await platform.request("GET", /\/api\/me/).answer(200, { user: makeProfile("me") });
  return { platform, client };
}

/** Answers the newest request of a kind, and lets everything that follows from it happen. */
export async function answer(platform: FakePlatform, method: string, url: RegExp, body?: unknown, status = 200): Promise<Request> {
  await settled();
  const request = platform.request(method, url);
  await request.answer(status, body);
  await settled();
  return request;
}
