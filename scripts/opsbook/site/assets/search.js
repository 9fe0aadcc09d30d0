// The search of the site. Nothing is fetched before somebody types.
(() => {
  const root = new URL("..", document.currentScript.src);
  const dialog = document.querySelector("#ob-search");
  const open = document.querySelector(".ob-search-open");
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ol");
  const says = dialog.querySelector("[role=status]");
  const further = dialog.querySelector("[data-older]");
  const SHOWN = 8;
  const ID = /^[a-z]+-[0-9]{8}-[0-9a-z]{5}$/i;
  const options = { baseUrl: root.pathname, excerptLength: 24, ranking: { termFrequency: 1, pageLength: 0.6 } };
  let engine = null;
  let older = [];
  let turn = 0;

  const load = async () => {
    const names = fetch(new URL("pagefind/older.json", root)).then((answer) => answer.json());
    const found = await import(new URL("pagefind/pagefind.js", root));
    await found.options(options);
    older = await names;
    return found;
  };

  // Where there are many records, those that are over for long have indexes of their own, which few searches need.
  const widen = async () => {
    const names = older;
    older = [];
    further.hidden = true;
    says.textContent = "Looking into what is older …";
    await Promise.all(names.map(async (name) => (await engine).mergeIndex(new URL(`pagefind/${name}`, root).href, options)));
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
    const typed = input.value.trim();
    const words = ID.test(typed) ? `"${typed}"` : typed;
    if (!words) {
      list.replaceChildren();
      says.textContent = "";
      return;
    }
    try {
      engine ??= load();
      let found = await (await engine).debouncedSearch(words, {}, 120);
      if (found === null || mine !== turn) return;
      if (!found.results.length && older.length) {
        await widen();
        found = await (await engine).search(words);
        if (mine !== turn) return;
      }
      const shown = await Promise.all(found.results.slice(0, SHOWN).map((result) => result.data()));
      if (mine !== turn) return;
      list.replaceChildren(...shown.map(item));
      list.dataset.words = typed;
      further.hidden = !older.length;
      const count = found.results.length;
      says.textContent = count === 0 ? "Nothing found. Try other words." : count === 1 ? "1 page" : `${count} pages`;
    } catch {
      engine = null;
      says.textContent = "The search cannot be loaded. Are you offline?";
    }
  };

  further.addEventListener("click", () => widen().then(find));
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
