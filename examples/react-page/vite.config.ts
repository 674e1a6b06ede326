import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type ProxyOptions } from "vite";

// Where Feedline is: what `make serve` starts, or FEEDLINE_URL.
const { FEEDLINE_URL: target = "http://127.0.0.1:8000" } = loadEnv("", ".", "FEEDLINE_");

// The browser sees one site: cookies and sockets work as they will behind the proxy of a real one. The server compares
// the origin of a request with the host that it was sent to, so the host must stay that of the page.
const proxy: Record<string, ProxyOptions> = {
  "/api": { target, changeOrigin: false },
  "/ws": { target, ws: true, changeOrigin: false },
};

export default defineConfig({
  plugins: [react()],
  // The packages are linked from this repository.
  server: { proxy, fs: { allow: ["../.."] } },
  preview: { proxy },
});
