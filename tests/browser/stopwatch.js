// Times one publishing as the author sees it: from the press of the button to the frame that shows the post, and to the
// frame that shows it as taken by the server. Gives an object, for the promise in it not to be waited for at once.
() => {
  const clientIds = () => [...document.querySelectorAll("article")].map((article) => article.dataset.clientId);
  const known = new Set(clientIds());
  const times = {};
  let pressed = null;

  // A message posted from a frame's callback is handled when that frame is on its way to the screen.
  const painted = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now() - pressed);
        port2.postMessage(null);
      });
    });

  function look() {
    const article = document.querySelector("[role=feed] article");
    if (pressed === null || !article || known.has(article.dataset.clientId)) return;
    times.optimistic ??= painted();
    if (article.dataset.delivery === "sent") times.confirmed ??= painted();
    if (times.confirmed) done();
  }

  document.addEventListener("click", ({ timeStamp }) => (pressed = timeStamp), { capture: true, once: true });
  const observer = new MutationObserver(look);
  let done;
  const measured = new Promise((resolve) => {
    done = () => {
      observer.disconnect();
      resolve(Promise.all([times.optimistic, times.confirmed]));
    };
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true });
  return { measured };
}
