// Watches one post while others come in: every place of the window that a frame showed it at.
(article) => {
  const places = new Set();
  let frame = requestAnimationFrame(function look() {
    places.add(article.getBoundingClientRect().top);
    frame = requestAnimationFrame(look);
  });
  return {
    stop() {
      cancelAnimationFrame(frame);
      places.add(article.getBoundingClientRect().top);
      return [...places];
    },
  };
}
