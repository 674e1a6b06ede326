// Publishes at one node, reads at another one, and says whether the post is there.
import { Api } from "@feedline/client";
import { headlessPlatform } from "@feedline/client/headless";

const { FIRST = "", SECOND = "", TOKEN = "" } = process.env;
const nodes = [FIRST, SECOND].map((url) => headlessPlatform({ url, token: TOKEN }));
let at = 0;
const platform = { ...nodes[0], fetch: (path, request) => nodes[at].fetch(path, request) };
const api = new Api(platform);

const { post } = await api.publish({ text: "from one node" }, "one");
at = 1;
const { posts } = await api.homeFeed({});
process.stdout.write(posts.some(({ id }) => id === post.id) ? "there" : "missing");
