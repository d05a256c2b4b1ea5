// Search with a picture: dropping, pasting and a preview. The form works without all of it.
"use strict";

(() => {
  const form = document.querySelector("[data-picture-search]");
  if (!form) {
    return;
  }
  const again = form.closest("details");
  const drop = form.querySelector(".picture-drop");
  const file = form.querySelector("#image");
  const photo = form.querySelector("#photo");
  const link = form.querySelector("#image_url");
  const canvas = form.querySelector("canvas");
  const chosen = form.querySelector(".picture-chosen span");
  const submit = form.querySelector("button[type=submit]");
  form.querySelector(".with-script").hidden = false;

  async function show(picture) {
    chosen.textContent = picture ? `Chosen: ${picture.name || "a picture"}` : "";
    canvas.hidden = true;
    if (!picture) {
      return;
    }
    try {
      // A canvas, because the policy of the page shows no picture from elsewhere.
      const bitmap = await createImageBitmap(picture);
      const scale = Math.min(canvas.width / bitmap.width, canvas.height / bitmap.height);
      const [width, height] = [bitmap.width * scale, bitmap.height * scale];
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(bitmap, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
      canvas.hidden = false;
    } catch {
      chosen.textContent += ". This browser cannot show it.";
    }
  }

  function take(files) {
    const picture = [...(files || [])].find((each) => each.type.startsWith("image/"));
    if (!picture) {
      return false;
    }
    const one = new DataTransfer();
    one.items.add(picture);
    file.files = one.files;
    photo.value = "";
    link.value = "";
    if (again) {
      again.open = true;
    }
    show(picture);
    submit.focus();
    return true;
  }

  file.addEventListener("change", () => {
    photo.value = "";
    show(file.files[0]);
  });
  photo.addEventListener("change", () => {
    file.value = "";
    show(photo.files[0]);
  });
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    form.addEventListener(name, () => drop.classList.remove("over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!take(event.dataTransfer.files)) {
      link.value = event.dataTransfer.getData("text/uri-list").split("\n")[0] || link.value;
    }
  });
  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData.files)) {
      event.preventDefault();
    }
  });
  form.addEventListener("submit", () => {
    submit.disabled = true;
    submit.lastChild.textContent = "Comparing pictures…";
  });
  // A page that comes back from the browser's memory can be used again.
  window.addEventListener("pageshow", () => {
    submit.disabled = false;
  });
})();
