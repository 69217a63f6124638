// Draws an outline on a Leaflet map, corner by corner; tells Streamlit when it is finished.
// Three buttons do all that the pointer does not: finish, take back a corner, start again.
function sitingDrawing(map, labels) {
  "use strict";

  const INK = "#12679b";
  const KEPT = "siting-drawing";
  // A map that is built anew, in another language or after another page, shows what was drawn:
  // the server has it already.
  let corners = kept().map(([lng, lat]) => L.latLng(lat, lng));
  let closed = corners.length >= 3;
  // A pane of its own: a territory that is pointed at comes to the front of the others.
  const pane = "siting-drawing";
  map.createPane(pane).style.zIndex = 460;
  map.getPane(pane).style.pointerEvents = "none";
  const line = L.polyline([], { pane, color: INK, weight: 2.5, dashArray: "5 4" });
  const shape = L.polygon([], { pane, color: INK, weight: 3, fillOpacity: 0.25 });
  const dots = L.layerGroup();
  for (const layer of [line, shape, dots]) layer.addTo(map);

  function show() {
    line.setLatLngs(closed ? [] : corners);
    shape.setLatLngs(closed ? corners : []);
    dots.clearLayers();
    for (const corner of closed ? [] : corners) {
      L.circleMarker(corner, {
        pane, radius: 4, color: INK, fillColor: "#fff", fillOpacity: 1,
      }).addTo(dots);
    }
    for (const [node, ready] of buttons) node.disabled = !ready();
    const shown = corners.length >= 3;
    area.hidden = !shown;
    if (shown) area.textContent = labels.area.replace("{area}", hectares(corners));
  }

  // On the sphere, to help who draws: the sheet has the area in the projection of the law.
  function hectares(points) {
    const radians = points.map(({ lat, lng }) => [(lat * Math.PI) / 180, (lng * Math.PI) / 180]);
    const twice = radians.reduce((sum, [lat, lng], rank) => {
      const [nextLat, nextLng] = radians[(rank + 1) % radians.length];
      return sum + (nextLng - lng) * (2 + Math.sin(lat) + Math.sin(nextLat));
    }, 0);
    const ha = (Math.abs(twice) / 2) * 6371.0072 ** 2 * 100;
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    return ha.toLocaleString(labels.lang, digits);
  }

  function kept() {
    try {
      const { token, ring } = JSON.parse(window.sessionStorage.getItem(KEPT) ?? "{}");
      return token === labels.token ? ring : [];
    } catch {
      return []; // a browser that keeps nothing
    }
  }

  function keep(ring) {
    try {
      window.sessionStorage.setItem(KEPT, JSON.stringify({ token: labels.token, ring }));
    } catch {
      // A browser that keeps nothing: the outline is only on this map.
    }
  }

  // What is not finished any more is no outline: a verdict must not be given on it.
  function forget() {
    if (closed) {
      keep([]);
      window.Streamlit.setComponentValue({ kind: "none", at: Date.now() });
    }
    closed = false;
  }

  function finish() {
    if (corners.length < 3) return;
    closed = true;
    show();
    const ring = corners.map(({ lat, lng }) => [
      Math.round(lng * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7,
    ]);
    keep(ring);
    window.Streamlit.setComponentValue({ kind: "outline", ring, at: Date.now() });
  }

  function back() {
    forget();
    corners = corners.slice(0, -1);
    show();
  }

  function clear() {
    forget();
    corners = [];
    show();
  }

  const buttons = [];
  const area = document.createElement("p");
  const control = L.control({ position: "topright" });
  control.onAdd = () => {
    const bar = document.createElement("div");
    bar.className = "siting-drawing leaflet-bar";
    for (const [text, action, ready] of [
      [labels.finish, finish, () => !closed && corners.length >= 3],
      [labels.back, back, () => corners.length > 0],
      [labels.clear, clear, () => corners.length > 0],
    ]) {
      const node = document.createElement("button");
      node.type = "button";
      node.textContent = text;
      node.addEventListener("click", action);
      buttons.push([node, ready]);
      bar.append(node);
    }
    bar.append(area);
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  control.addTo(map);

  map.doubleClickZoom.disable();
  map.getContainer().classList.add("siting-draws");
  map.on("siting:select", () => map.siting.select("", null, 0)); // a click is a corner, no choice
  map.on("click", (event) => {
    if (closed) return;
    corners = [...corners, event.latlng];
    show();
  });
  show();
  if (closed) map.whenReady(() => map.fitBounds(shape.getBounds(), { maxZoom: 14 }));
}
