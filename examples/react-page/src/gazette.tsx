import type { ConnectionState } from "@feedline/client";
import { useConnection, useRealtimePosts, useSession } from "@feedline/react";
import type { ReactNode } from "react";
import { SignIn } from "./sign-in";
import { Story } from "./story";
import { useStories } from "./use-stories";
import { WriteStory } from "./write-story";

/** The front page: a list that this site loads itself, and that Feedline keeps live. */
export function Gazette(): ReactNode {
  const stories = useStories();
  const { posts, newPostsCount, hasNewPosts, loadPendingPosts } = useRealtimePosts({ posts: stories, feed: "everyone" });
  const { user } = useSession();

  return (
    <>
      <header className="masthead">
        <h1>The Harbour Gazette</h1>
        <Edition />
      </header>
      {user ? <WriteStory name={user.name || user.username} /> : <SignIn />}
      <main>
        {hasNewPosts && (
          <button type="button" className="late-edition" onClick={() => void loadPendingPosts()}>
            Late edition: {newPostsCount} new
          </button>
        )}
        <ol className="stories" aria-label="Stories">
          {posts.map((post) => (
            // The same key before and after an own post gets its id.
            <Story key={post.clientId ?? post.id} post={post} />
          ))}
        </ol>
        {stories === undefined && <p className="quiet">Setting the type…</p>}
        {stories !== undefined && posts.length === 0 && <p className="quiet">No news is good news.</p>}
      </main>
    </>
  );
}

const EDITIONS: Record<ConnectionState["status"], string> = {
  idle: "Today’s paper",
  connecting: "Today’s paper",
  live: "Live edition",
  "catching-up": "Catching up",
  polling: "Reprinted every few seconds",
  offline: "Yesterday’s paper: no connection",
};

function Edition(): ReactNode {
  const { status } = useConnection();
  return (
    <p className="edition" data-status={status} role="status">
      {EDITIONS[status]}
    </p>
  );
}
