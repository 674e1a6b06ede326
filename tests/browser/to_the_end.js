// Scrolls down until there is nothing more to load; the longest task on the way, and the most posts on the page.
async () => {
  let longest = 0;
  let articles = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  tasks.observe({ type: "longtask" });
  while (document.querySelector(".feed-end").tagName !== "P") {
    scrollTo(0, document.documentElement.scrollHeight);
    await new Promise(requestAnimationFrame);
    articles = Math.max(articles, document.querySelectorAll("article").length);
  }
  scrollTo(0, document.documentElement.scrollHeight);
  // A long task is told of in the frames after it.
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  tasks.disconnect();
  return { longest, articles };
}
