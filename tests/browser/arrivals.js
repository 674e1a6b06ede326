// Notes when each post came onto the page: by its id, milliseconds since the epoch.
() => {
  const arrived = {};
  const look = () => {
    for (const { dataset } of document.querySelectorAll("[data-post-id]")) arrived[dataset.postId] ??= Date.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["data-post-id"] });
  return arrived;
}
