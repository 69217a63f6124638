// Draws an outline on a Leaflet map, corner by corner; tells Streamlit when it is finished.
// Three buttons do all that the pointer does not: finish, take back a corner, start again.
function sitingDrawing(map, labels) {
  "use strict";

  const INK = "#12679b";
  let corners = [];
  let closed = false;
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
  }

  function finish() {
    if (corners.length < 3) return;
    closed = true;
    show();
    const ring = corners.map(({ lat, lng }) => [
      Math.round(lng * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7,
    ]);
    window.Streamlit.setComponentValue({ kind: "outline", ring, at: Date.now() });
  }

  function back() {
    closed = false;
    corners = corners.slice(0, -1);
    show();
  }

  function clear() {
    closed = false;
    corners = [];
    show();
  }

  const buttons = [];
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
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  control.addTo(map);

  map.doubleClickZoom.disable();
  map.getContainer().classList.add("siting-draws");
  map.on("click", (event) => {
    if (closed) return;
    corners = [...corners, event.latlng];
    show();
  });
  show();
}
