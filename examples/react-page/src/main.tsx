import { Feedline } from "@feedline/client";
import { browserPlatform } from "@feedline/client/browser";
import { FeedlineProvider } from "@feedline/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Gazette } from "./gazette";
import "./style.css";

const client = new Feedline(browserPlatform());
void client.start();

createRoot(document.querySelector("#root") as HTMLElement).render(
  <StrictMode>
    <FeedlineProvider client={client}>
      <Gazette />
    </FeedlineProvider>
  </StrictMode>,
);
