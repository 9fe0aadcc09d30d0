// Draws the diagrams of a page. Without it, or where one cannot be drawn, the text of the diagram stays.
(() => {
  const body = document.body;
  const sources = [...document.querySelectorAll("pre.ob-diagram")].map((block) => ({
    block,
    text: block.textContent,
    drawn: null,
  }));
  const draw = async () => {
    const dark = getComputedStyle(body).colorScheme === "dark" || body.dataset.mdColorScheme === "slate";
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "neutral" });
    for (const [number, source] of sources.entries()) {
      try {
        const { svg } = await mermaid.render(`ob-diagram-${number}`, source.text);
        const figure = document.createElement("div");
        figure.className = "ob-scroll ob-drawn";
        figure.tabIndex = 0;
        figure.setAttribute("role", "img");
        figure.setAttribute("aria-label", source.text);
        figure.innerHTML = svg;
        (source.drawn ?? source.block).replaceWith(figure);
        source.drawn = figure;
      } catch {
        document.querySelector(`#dob-diagram-${number}`)?.remove();
      }
    }
  };
  new MutationObserver(draw).observe(body, { attributeFilter: ["data-md-color-scheme"] });
  draw();
})();
