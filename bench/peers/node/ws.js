import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { port, stack } from "./stack.js";

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer(
  stack((event) => {
    for (const socket of sockets.clients)
      if (socket.readyState === WebSocket.OPEN) socket.send(event);
  }),
);
server.on("upgrade", (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, () => {}),
);
server.listen({ port, host: "127.0.0.1", backlog: 4096 });
