import { attempt } from "./attempt";
import type { Socket, SocketHandlers } from "./platform";

const NEVER_OPENED = 1006;
/** The ready state of a WebSocket, whose class may be missing. */
const OPEN = 1;

/** Opens a WebSocket. One that can't even be made is a connection that fails, not the end of the program. */
export function openWebSocket(make: () => WebSocket, handlers: SocketHandlers): Socket {
  // There may be none, or they may be forbidden.
  const socket = attempt(make);
  // As any failure, it is told after this call.
  if (!socket) setTimeout(() => handlers.closed(NEVER_OPENED));
  socket?.addEventListener("open", () => handlers.opened());
  socket?.addEventListener("message", (event: MessageEvent<unknown>) => handlers.message(String(event.data)));
  socket?.addEventListener("close", (event) => handlers.closed(event.code));
  return {
    send: (text) => {
      // While it closes there is nobody to hear it, and a browser would complain.
      if (socket?.readyState === OPEN) socket.send(text);
    },
    close: () => socket?.close(),
  };
}
