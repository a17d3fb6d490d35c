// Pan and zoom for the map; the page is complete without it.
"use strict";
(() => {
  const svg = document.querySelector(".map > svg");
  if (!svg) return;

  const world = svg.dataset.world.split(" ").map(Number);
  const home = svg.getAttribute("viewBox").split(" ").map(Number);
  const MIN_WIDTH = 1.5; // degrees
  let [x, y, width, height] = home;

  // The box is drawn with "meet": one unit is this many pixels.
  const pixelsPerUnit = () => Math.min(svg.clientWidth / width, svg.clientHeight / height);

  function show() {
    svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    const scale = 1 / pixelsPerUnit();
    for (const mark of svg.querySelectorAll(".fixed")) {
      mark.setAttribute("transform", `scale(${scale})`);
    }
  }

  function zoom(factor, centerX = x + width / 2, centerY = y + height / 2) {
    const wanted = Math.min(Math.max(width * factor, MIN_WIDTH), world[2] * 1.2);
    const k = wanted / width;
    x = centerX - (centerX - x) * k;
    y = centerY - (centerY - y) * k;
    width *= k;
    height *= k;
    keepInside();
    show();
  }

  function keepInside() {
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    x = clamp(x + width / 2, world[0], world[0] + world[2]) - width / 2;
    y = clamp(y + height / 2, world[1], world[1] + world[3]) - height / 2;
  }

  function moveBy(dx, dy) {
    x += dx;
    y += dy;
    keepInside();
    show();
  }

  function reset(box) {
    [x, y, width, height] = box;
    show();
  }

  // Where on the map a point of the window lies.
  function position(event) {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(svg.getScreenCTM().inverse());
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x: centerX, y: centerY } = position(event);
    zoom(Math.exp(Math.min(Math.max(event.deltaY, -200), 200) / 400), centerX, centerY);
  }, { passive: false });

  svg.addEventListener("dblclick", (event) => {
    const { x: centerX, y: centerY } = position(event);
    zoom(0.5, centerX, centerY);
  });

  // One pointer drags, two pinch.
  const pointers = new Map();
  let moved = 0;
  svg.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event);
    moved = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const scale = 1 / pixelsPerUnit();
    if (pointers.size === 1) {
      const dx = event.clientX - before.clientX;
      const dy = event.clientY - before.clientY;
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved > 4) {
        svg.classList.add("dragging");
        svg.setPointerCapture(event.pointerId);
      }
      moveBy(-dx * scale, -dy * scale);
    } else if (pointers.size === 2) {
      const other = [...pointers.entries()].find(([id]) => id !== event.pointerId)[1];
      const distance = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      const { x: centerX, y: centerY } = position(other);
      zoom(distance(before) / Math.max(distance(event), 1), centerX, centerY);
    }
    pointers.set(event.pointerId, event);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    svg.addEventListener(type, (event) => {
      pointers.delete(event.pointerId);
      svg.classList.remove("dragging");
    });
  }
  // A drag that ends on a pin is not a click on it.
  svg.addEventListener("click", (event) => {
    if (moved > 4) event.preventDefault();
  }, true);

  svg.addEventListener("keydown", (event) => {
    const step = width / 8;
    const actions = {
      ArrowLeft: () => moveBy(-step, 0),
      ArrowRight: () => moveBy(step, 0),
      ArrowUp: () => moveBy(0, -step),
      ArrowDown: () => moveBy(0, step),
      "+": () => zoom(0.7),
      "=": () => zoom(0.7),
      "-": () => zoom(1 / 0.7),
      0: () => reset(world),
    };
    if (!(event.key in actions) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    actions[event.key]();
  });

  const buttons = { in: () => zoom(0.6), out: () => zoom(1 / 0.6), home: () => reset(home), world: () => reset(world) };
  const controls = document.querySelector(".controls");
  controls.hidden = false;
  controls.addEventListener("click", (event) => buttons[event.target.dataset.do]?.());

  // A photo under the pointer shows its pin.
  for (const article of document.querySelectorAll("article[id]")) {
    const pin = svg.querySelector(`a[href="#${article.id}"]`);
    if (!pin) continue;
    article.addEventListener("pointerenter", () => pin.classList.add("active"));
    article.addEventListener("pointerleave", () => pin.classList.remove("active"));
  }

  new ResizeObserver(show).observe(svg);
})();
