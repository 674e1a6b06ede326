// What a feed costs while posts come in: how often it is drawn anew, the longest task, the most posts on the page.
() => {
  let longest = 0;
  let batches = 0;
  let articles = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  tasks.observe({ type: "longtask" });
  const drawn = new MutationObserver((changes) => {
    if (!changes.some(({ addedNodes }) => addedNodes.length > 0)) return;
    batches += 1;
    articles = Math.max(articles, document.querySelectorAll("article").length);
  });
  drawn.observe(document.querySelector("[role=feed]"), { childList: true });
  return {
    stop() {
      tasks.disconnect();
      drawn.disconnect();
      return { longest, batches, articles };
    },
  };
}
