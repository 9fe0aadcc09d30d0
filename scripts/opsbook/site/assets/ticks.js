// Lets people tick steps on a page. Ticks stay in this browser: the page offers the command that records them.
(() => {
  const box = document.querySelector(".ob-ticks");
  const ends = box.dataset.ends ? box.dataset.ends.split("|") : [];
  const key = `opsbook ticks ${box.dataset.name}`;
  const rows = [...document.querySelectorAll(".ob-checklist tbody tr")].filter(
    (row) => /^\d+$/.test(row.cells[0].textContent.trim()) && !row.matches(".ob-step--done, .ob-step--skipped, .ob-step--spare"),
  );
  const boxes = new Map();

  const kept = () => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "[]");
    } catch {
      return [];
    }
  };
  const keep = (numbers) => {
    try {
      if (numbers.length) localStorage.setItem(key, JSON.stringify(numbers));
      else localStorage.removeItem(key);
    } catch {
      // A browser that keeps nothing still shows the command.
    }
  };
  const spans = (numbers) => {
    const runs = [];
    for (const number of numbers) {
      const last = runs.at(-1);
      if (last && last[1] + 1 === number) last[1] = number;
      else runs.push([number, number]);
    }
    return runs.map(([first, end]) => (first === end ? `${first}` : `${first}-${end}`)).join(" ");
  };
  const make = (tag, parent, text = "") => {
    const made = parent.appendChild(document.createElement(tag));
    made.textContent = text;
    return made;
  };
  const button = (parent, text, act) => {
    const made = make("button", parent, text);
    made.type = "button";
    made.addEventListener("click", () => act(made));
    return made;
  };

  const says = make("p", box);
  says.setAttribute("role", "status");
  button(box, "Clear", () => {
    for (const input of boxes.values()) input.checked = false;
    keep(show());
    boxes.values().next().value.focus();
  });
  const commands = ends.map((end) => {
    const line = make("p", box);
    const code = make("code", line);
    line.append(" ");
    button(line, "Copy", async (pressed) => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        pressed.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        pressed.textContent = "Selected";
      }
    });
    return { code, end, copy: line.lastElementChild };
  });
  const show = () => {
    const numbers = [...boxes].filter(([, input]) => input.checked).map(([number]) => number);
    for (const [number, input] of boxes) input.closest("tr").classList.toggle("ob-step--here", input.checked);
    for (const { code, end, copy } of commands) {
      code.textContent = `opsbook tick ${spans(numbers)} ${end}`;
      copy.textContent = "Copy";
    }
    says.textContent = numbers.length ? `${numbers.length} ticked, in this browser only.` : "";
    box.hidden = !numbers.length;
    return numbers;
  };
  const before = new Set(kept());
  for (const row of rows) {
    const [cell, action] = row.cells;
    const number = Number(cell.textContent);
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = before.has(number);
    input.setAttribute("aria-label", `${number}. ${action.textContent.trim()}`);
    input.addEventListener("change", () => keep(show()));
    label.append(input, ` ${number}`);
    cell.replaceChildren(label);
    cell.setAttribute("aria-label", number);
    boxes.set(number, input);
  }
  const last = [...document.querySelectorAll(".ob-checklist")].at(-1);
  if (last) (last.closest("details") ?? last).after(box);
  keep(show()); // What is on record by now is not ticked here any more.
  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    const now = new Set(kept());
    for (const [number, input] of boxes) input.checked = now.has(number);
    show();
  });
})();
