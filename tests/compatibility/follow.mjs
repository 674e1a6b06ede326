// An earlier client at work: a line of JSON for each change of what it shows.
import { Comments, Feedline, headlessPlatform, Notifications } from "./client.mjs";

const { FEEDLINE_URL: url, TOKEN: token, POST } = process.env;
const client = new Feedline(headlessPlatform({ url, token }));
await client.start();

const feeds = ["everyone", "home"].map((name) => client.feed(name));
const comments = new Comments(client, POST);
const notifications = new Notifications(client);
const textsOf = (feed) => feed.snapshot().entries.map(({ post }) => post.content.text);
let before = "";

function tell() {
  const { status, transport } = client.connection.state();
  const [everyone, home] = feeds.map(textsOf);
  const likes = client.store.entry(POST)?.post.engagement.likesCount ?? null;
  const said = comments.snapshot().entries.map(({ comment }) => comment.text);
  const now = JSON.stringify({ status, transport, everyone, home, likes, comments: said, unread: notifications.snapshot().unreadCount });
  if (now !== before) process.stdout.write(`${now}\n`);
  before = now;
}

for (const one of [client.connection, ...feeds, comments, notifications]) one.subscribe(tell);
for (const one of [...feeds, comments, notifications]) one.open();
process.stdin.on("data", (text) => client.publish({ text: String(text).trim() }));
