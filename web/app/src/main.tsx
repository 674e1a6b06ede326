import { Feedline } from "@feedline/client";
import { browserPlatform } from "@feedline/client/browser";
import { FeedlineProvider } from "@feedline/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { LanguageProvider } from "./i18n";
import "./styles/index.css";
import { ToastProvider } from "./ui/toasts";

const client = new Feedline(browserPlatform());
const root = document.getElementById("root");
if (!root) throw new Error("the page has no root element");

void client.start();
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ToastProvider>
        <FeedlineProvider client={client}>
          <App />
        </FeedlineProvider>
      </ToastProvider>
    </LanguageProvider>
  </StrictMode>,
);
