import type { Platform } from "../platform";
import { parseMessage } from "../protocol";
import type { Transport } from "./transport";

const PATH = "/ws";

export function webSocket(platform: Pick<Platform, "openSocket">): Transport {
  return {
    name: "ws",
    open({ opened, message, alive, closed }) {
      const hear = (text: string) => {
        alive();
        const heard = parseMessage(text);
        if (heard) message(heard);
      };
      const socket = platform.openSocket(PATH, { opened, message: hear, closed });
      return { send: (said) => socket.send(JSON.stringify(said)), close: () => socket.close() };
    },
  };
}
