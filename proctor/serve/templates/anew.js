// loads the page anew every ten seconds, while this tab is asked to
const box = document.querySelector("input");
let waiting;
function wait() {
  clearTimeout(waiting);
  sessionStorage.anew = box.checked;
  if (box.checked) waiting = setTimeout(() => location.reload(), 10000);
}
box.parentElement.hidden = false;
box.checked = sessionStorage.anew === "true";
box.addEventListener("change", wait);
wait();
