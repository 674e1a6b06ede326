import { createServer } from "node:http";
import { Server } from "socket.io";
import { port, stack } from "./stack.js";

let io;
const server = createServer(stack((event) => io.emit("event", event)));
io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });
server.listen({ port, host: "127.0.0.1", backlog: 4096 });
