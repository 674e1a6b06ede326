export { FeedlineProvider, useFeedline, type FeedlineProviderProps } from "./provider";
export { useConnection } from "./use-connection";
export { useFeed, type UseFeed } from "./use-feed";
export type { FeedName } from "@feedline/client";
export { usePost, type UsePost } from "./use-post";
export { usePublish, type UsePublish } from "./use-publish";
export { useRealtimePosts, type RealtimePostsOptions, type UseRealtimePosts } from "./use-realtime-posts";
export { useSession } from "./use-session";
