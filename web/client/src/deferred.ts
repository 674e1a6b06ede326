/** What a healthy page of one tab can do without at first: loaded when somebody is signed in, or when it is needed. */
export { accompany } from "./accompany";
export { Authors } from "./authors";
export { Ladder } from "./ladder";
export { Outbox } from "./outbox";
export { Refresher } from "./refresher";
export { Seat } from "./sharing/seat";
export { fallbacks } from "./transports/fallbacks";
