// Scrolls down until there is nothing more to load; the most posts on the page on the way.
async () => {
  let articles = 0;
  while (document.querySelector(".feed-end").tagName !== "P") {
    scrollTo(0, document.documentElement.scrollHeight);
    await new Promise(requestAnimationFrame);
    articles = Math.max(articles, document.querySelectorAll("article").length);
  }
  scrollTo(0, document.documentElement.scrollHeight);
  return articles;
}
