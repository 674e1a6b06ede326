// What a feed costs while posts come in: how often it is drawn anew, and the most posts on the page.
() => {
  let batches = 0;
  let articles = 0;
  const drawn = new MutationObserver((changes) => {
    if (!changes.some(({ addedNodes }) => addedNodes.length > 0)) return;
    batches += 1;
    articles = Math.max(articles, document.querySelectorAll("article").length);
  });
  drawn.observe(document.querySelector("[role=feed]"), { childList: true });
  return {
    stop() {
      drawn.disconnect();
      return { batches, articles };
    },
  };
}
