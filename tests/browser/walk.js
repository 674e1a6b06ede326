// Goes down a feed from its top to its end; the ids of its posts, in order.
async () => {
  const ids = [];
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
    scrollTo(0, top);
    // The first frame hears of the scrolling, the second one shows what is there.
    await frame();
    await frame();
    for (const { ariaPosInSet, dataset } of document.querySelectorAll("[role=feed] article")) {
      ids[ariaPosInSet - 1] = dataset.postId;
    }
  }
  scrollTo(0, 0);
  await frame();
  await frame();
  return ids;
}
