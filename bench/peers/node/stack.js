// Express with a JWT check and a durable SQLite insert; `deliver(event)` reaches everybody.
import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";
import express from "express";
import jwt from "jsonwebtoken";

export const port = Number(process.env.PORT);

export function stack(deliver) {
  const db = new Database(`${process.env.DATA}/posts.db`);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "CREATE TABLE posts (id TEXT PRIMARY KEY, author TEXT, title TEXT, text TEXT, created TEXT)",
  );
  const insert = db.prepare("INSERT INTO posts VALUES (?, ?, ?, ?, ?)");

  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);

  app.post("/broadcast", express.text({ limit: "64kb" }), (request, response) => {
    deliver(request.body);
    response.sendStatus(204);
  });

  app.post("/api/posts", express.json(), (request, response) => {
    let author;
    try {
      const token = (request.get("authorization") ?? "").replace(/^Bearer /, "");
      author = jwt.verify(token, process.env.SECRET, { algorithms: ["HS256"] }).sub;
    } catch {
      return response.status(401).json({ code: "unauthenticated" });
    }
    const { title, text } = request.body ?? {};
    if (typeof title !== "string" || typeof text !== "string" || text.length > 10_000)
      return response.status(422).json({ code: "validation_failed" });
    const post = { id: randomUUID(), author, title, text, createdAt: new Date().toISOString() };
    insert.run(post.id, author, title, text, post.createdAt);
    deliver(JSON.stringify({ type: "post_created", post }));
    response.status(201).json({ post });
  });
  return app;
}
