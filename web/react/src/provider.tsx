import type { Feedline } from "@feedline/client";
import { createContext, useContext, type ReactNode } from "react";

const Context = createContext<Feedline | null>(null);

export interface FeedlineProviderProps {
  client: Feedline;
  children: ReactNode;
}

/** Gives the hooks below it their client. */
export function FeedlineProvider({ client, children }: FeedlineProviderProps): ReactNode {
  return <Context value={client}>{children}</Context>;
}

/** The client itself, for actions such as `publish`, `edit` and `delete`. */
export function useFeedline(): Feedline {
  const client = useContext(Context);
  if (!client) throw new Error("Put a FeedlineProvider around what uses Feedline");
  return client;
}
