export { FeedlineProvider, useFeedline, type FeedlineProviderProps } from "./provider";
export { useConnection } from "./use-connection";
export { useFeed, type FeedName, type UseFeed } from "./use-feed";
export { usePost, type UsePost } from "./use-post";
export { useSession } from "./use-session";
