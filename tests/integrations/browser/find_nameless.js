// Run in the page: what can be operated but has no name for a screen reader.
() => {
  const hasWords = (element) => element.textContent.trim() !== "";
  const hasName = (element) =>
    [...(element.labels || [])].some(hasWords) ||
    Boolean(element.getAttribute("aria-label")) ||
    hasWords(element);
  return [...document.querySelectorAll("button, input, textarea, canvas")]
    .filter((element) => !element.closest("[hidden]") && !hasName(element))
    .map((element) => element.outerHTML);
};
