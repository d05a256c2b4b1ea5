// Suggestions below the search field: the combobox pattern of ARIA 1.2 with a listbox that the
// reader of the page controls from the field. Without this script the field is a plain search.
"use strict";

const PAUSE_MS = 120; // after the last key, before the shop is asked
const MAX_KEPT = 100; // answers

function enhance(form) {
  const field = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  const count = form.querySelector("[aria-live]");
  const kept = new Map();
  let active = -1;
  let request = null;
  let timer = 0;

  // The role belongs to a text field alone: a search field is a searchbox.
  field.type = "text";
  field.setAttribute("role", "combobox");
  field.setAttribute("enterkeyhint", "search");
  field.setAttribute("autocapitalize", "none");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const options = () => [...list.children];
  const isOpen = () => !list.hidden;

  function activate(place) {
    active = place;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    if (place < 0) {
      field.removeAttribute("aria-activedescendant");
    } else {
      field.setAttribute("aria-activedescendant", options()[place].id);
      options()[place].scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    clearTimeout(timer);
    request?.abort();
    request = null;
    activate(-1);
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    count.textContent = "";
  }

  function show(suggestions) {
    list.replaceChildren(...suggestions.map(optionOf));
    activate(-1);
    const found = suggestions.length;
    list.hidden = found === 0;
    field.setAttribute("aria-expanded", String(found > 0));
    count.textContent = found === 1 ? "1 suggestion" : `${found || "No"} suggestions`;
  }

  function optionOf(suggestion, place) {
    const option = document.createElement("li");
    option.id = `${list.id}-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.url = suggestion.url;
    const text = document.createElement("span");
    text.textContent = suggestion.text;
    const hint = document.createElement("span");
    hint.className = "hint";
    hint.textContent = suggestion.hint;
    option.append(text, " ", hint);
    return option;
  }

  function follow(option) {
    close();
    window.location.assign(option.dataset.url);
  }

  async function ask() {
    const typed = field.value.trim();
    request?.abort();
    if (kept.has(typed)) {
      show(kept.get(typed));
      return;
    }
    const mine = new AbortController();
    request = mine;
    try {
      const address = `${form.dataset.suggestions}?q=${encodeURIComponent(typed)}`;
      const answer = await fetch(address, { signal: mine.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const { suggestions } = await answer.json();
      if (request !== mine) return; // a newer question is under way, or the list was closed
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(typed, suggestions);
      show(suggestions);
    } catch {
      if (request === mine) close(); // the search itself works all the same
    }
  }

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  }

  function move(step) {
    const places = options().length + 1; // one of them is the field
    activate(((active + 1 + step + places) % places) - 1);
  }

  field.addEventListener("input", askSoon);
  field.addEventListener("focus", () => { if (!field.value.trim()) askSoon(); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const key = event.key;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (isOpen()) move(key === "ArrowDown" ? 1 : -1);
      else ask();
    } else if (key === "Escape") {
      event.preventDefault();
      if (isOpen()) close();
      else field.value = "";
    } else if (isOpen() && active >= 0) {
      if (key === "Enter") {
        event.preventDefault();
        follow(options()[active]);
      } else if (key === "Home" || key === "End") {
        event.preventDefault();
        activate(key === "Home" ? 0 : options().length - 1);
      } else if (key === "ArrowLeft" || key === "ArrowRight") {
        activate(-1); // the caret moves in the text again
      }
    }
  });
  form.addEventListener("submit", close);
  // The field keeps the focus, so the list is not closed before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) follow(option);
  });
}

document.querySelectorAll("form[data-suggestions]").forEach(enhance);
