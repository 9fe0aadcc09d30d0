// The search of the site. Nothing is fetched before somebody types.
(() => {
  const root = new URL("..", document.currentScript.src);
  const dialog = document.querySelector("#ob-search");
  const open = document.querySelector(".ob-search-open");
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ol");
  const says = dialog.querySelector("[role=status]");
  const SHOWN = 8;
  let engine = null;
  let turn = 0;

  const load = async () => {
    const found = await import(new URL("pagefind/pagefind.js", root));
    await found.options({ baseUrl: root.pathname, excerptLength: 24, ranking: { termFrequency: 0.6, pageLength: 0.6 } });
    return found;
  };

  const item = (data) => {
    const row = document.createElement("li");
    const link = row.appendChild(document.createElement("a"));
    link.href = data.url;
    link.textContent = data.meta.title;
    if (data.meta.noun) {
      const noun = row.appendChild(document.createElement("span"));
      noun.className = "ob-search__noun";
      noun.textContent = data.meta.noun;
    }
    row.appendChild(document.createElement("p")).textContent = data.plain_excerpt;
    return row;
  };

  const find = async () => {
    const mine = ++turn;
    const words = input.value.trim();
    if (!words) {
      list.replaceChildren();
      says.textContent = "";
      return;
    }
    try {
      engine ??= load();
      const found = await (await engine).debouncedSearch(words, {}, 120);
      if (found === null || mine !== turn) return;
      const shown = await Promise.all(found.results.slice(0, SHOWN).map((result) => result.data()));
      if (mine !== turn) return;
      list.replaceChildren(...shown.map(item));
      const count = found.results.length;
      says.textContent = count === 0 ? "Nothing found. Try other words." : count === 1 ? "1 page" : `${count} pages`;
    } catch {
      engine = null;
      says.textContent = "The search cannot be loaded. Are you offline?";
    }
  };

  open.hidden = false;
  open.addEventListener("click", () => dialog.showModal());
  input.addEventListener("input", find);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      dialog.showModal();
    }
  });
  dialog.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !links.length) return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + step;
    (links[next] ?? (next < 0 ? input : links[links.length - 1])).focus();
  });
  input.addEventListener("keydown", (event) => {
    const first = list.querySelector("a");
    if (event.key === "Enter" && first) first.click();
  });
})();
