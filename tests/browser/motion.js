// Watches one post while others come in: every place of the window that a frame showed it at, and the longest task.
(article) => {
  const places = new Set();
  let longest = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  });
  tasks.observe({ type: "longtask" });
  let frame = requestAnimationFrame(function look() {
    places.add(article.getBoundingClientRect().top);
    frame = requestAnimationFrame(look);
  });
  return {
    stop() {
      cancelAnimationFrame(frame);
      tasks.disconnect();
      places.add(article.getBoundingClientRect().top);
      return { places: [...places], longest };
    },
  };
}
