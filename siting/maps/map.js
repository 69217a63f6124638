// Draws the map of a run on a Leaflet map: territories, sites, places, legend.
//
// Values of files only ever become text nodes or attributes, never HTML: the names of
// sites and territories come from files that anyone may have written.
//
// `ground` is what does not depend on the run (see siting.maps.Ground), `view` is the run
// in one language. The map says what was clicked by firing "siting:select" with
// { kind, code }: kind is "site" or the level of a territory. It answers to
// map.siting.select(kind, code, move): `code` is null for nothing; a `move` larger than any
// before has the map go there. Layers switched are told by "siting:layers", and set by
// map.siting.layers(names).
function sitingMap(map, ground, view) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const INK = "#22313a";
  const HATCH = "siting-hatch";

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // Shapes are constants of siting.maps, the only markup taken as it is.
  function symbol(markup, size) {
    const node = element("span", "siting-symbol");
    node.style.width = node.style.height = size + "px";
    node.innerHTML = markup;
    return node;
  }

  // Coordinates come as 1e-5 degrees: the first point, then moves.
  function unpack(numbers) {
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      points.push([y / 1e5, x / 1e5]);
    }
    return points;
  }
  const unpackRings = (polygons) => polygons.map((rings) => rings.map(unpack));

  function card(title, badge, lines) {
    const node = element("div", "siting-card");
    node.append(element("strong", "", title));
    if (badge) node.append(badge);
    for (const line of lines) node.append(element("div", "", line));
    return node;
  }

  function pane(name, zIndex, interactive) {
    const node = map.createPane("siting-" + name);
    node.style.zIndex = zIndex;
    if (!interactive) node.style.pointerEvents = "none";
    return "siting-" + name;
  }

  // --- Hatching of what is not known: a pattern that every path of the page may use -------

  function addHatch() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("width", "0");
    svg.setAttribute("height", "0");
    svg.setAttribute("aria-hidden", "true");
    svg.innerHTML =
      '<defs><pattern id="' + HATCH + '" width="7" height="7" patternUnits="userSpaceOnUse" ' +
      'patternTransform="rotate(45)"><rect width="7" height="7" fill="#eceeed"/>' +
      '<rect width="2" height="7" fill="#b4bcbd"/></pattern></defs>';
    map.getContainer().append(svg);
  }

  // --- Territories -----------------------------------------------------------------------

  const found = { site: new Map() };
  const outlines = { ...ground.units, [view.level]: ground.units[view.level] || view.rings };
  let selected = null;
  let chosen = null; // the outline of the territory selected, of this level or another

  function territoryStyle(unit) {
    return {
      className: "siting-unit",
      color: "#ffffff",
      weight: view.units.length > 300 ? 0.4 : 1,
      fillColor: unit.class === null ? "url(#" + HATCH + ")" : view.classes[unit.class].colour,
      fillOpacity: 1,
    };
  }

  function addTerritories() {
    for (const unit of view.units) {
      const rings = outlines[view.level][unit.code];
      if (!rings) continue;
      const path = L.polygon(unpackRings(rings), territoryStyle(unit));
      path.bindTooltip(() => card(unit.name, null, unit.lines), { sticky: true, opacity: 1 });
      path.on("click", () => fire(view.level, unit.code));
      path.on("mouseover", () => path.setStyle({ weight: 2.5, color: INK }).bringToFront());
      path.on("mouseout", () => path.setStyle(territoryStyle(unit)));
      path.addTo(map);
      path.getElement().dataset.code = unit.code;
    }
  }

  function addBorders() {
    const name = pane("borders", 420, false);
    const styles = {
      departement: { color: "#5b6a72", weight: 1.6, opacity: 0.9 },
      region: { color: "#33434c", weight: 2, opacity: 1 },
    };
    for (const [level, style] of Object.entries(styles)) {
      L.polyline(ground.borders[level].map(unpack), { ...style, pane: name, interactive: false })
        .addTo(map);
    }
  }

  // --- Places that help to recognise the land --------------------------------------------

  const towns = []; // the largest first

  function addTowns() {
    // Above the signs, below what is told under the pointer: a name stays readable.
    const name = pane("towns", 640, false);
    const dots = pane("dots", 428, false);
    for (const [x, y, text, tier] of ground.towns) {
      const label = element("span", "", text);
      const icon = L.divIcon({
        className: "siting-town siting-town-" + tier,
        html: label,
        iconSize: null,
      });
      L.marker([y, x], { icon, pane: name, interactive: false, keyboard: false }).addTo(map);
      L.circleMarker([y, x], {
        pane: dots, radius: 2.2, color: "#fff", weight: 1, fillColor: INK, fillOpacity: 1,
        interactive: false, className: "siting-town siting-town-" + tier,
      }).addTo(map);
      towns.push({ at: [y, x], label, tier });
    }
  }

  // Where a name may stand around the dot of its town, best first: across and down.
  const AROUND = [
    [0, -1], [1, 0], [-1, 0], [0, 1], [0.7, -1], [-0.7, -1], [0.7, 1], [-0.7, 1],
  ];
  const ASIDE = 12; // what a place less good than the one before costs, in pixels of signs hidden

  function shared(one, other) {
    const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    return width > 0 && height > 0 ? width * height : 0;
  }

  function boxAround(x, y, width, height) {
    return {
      left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2,
    };
  }

  // Names move aside from the signs of sites and from one another; one that finds no place
  // free of other names is left out until one comes closer, unless its town is of the largest.
  function placeTowns() {
    const scale = map.getContainer().classList.contains("siting-close") ? 0.6 : 1;
    const signs = view.sites.map((site) => {
      const at = map.latLngToLayerPoint([site.y, site.x]);
      return boxAround(at.x, at.y, scale * site.size, scale * site.size);
    });
    const sizes = towns.map(({ label }) => [label.offsetWidth, label.offsetHeight]);
    const taken = [];
    towns.forEach(({ at, label, tier }, rank) => {
      const [width, height] = sizes[rank];
      if (!width) return; // not told from so far
      const point = map.latLngToLayerPoint(at);
      const all = boxAround(point.x, point.y, 2 * width + 14, 3 * height);
      const near = (boxes) => boxes.filter((box) => shared(all, box) > 0);
      const [names, marks] = [near(taken), near(signs)];
      const hidden = (box, boxes) => boxes.reduce((sum, other) => sum + shared(box, other), 0);
      let best = null;
      for (const [worse, [across, down]] of AROUND.entries()) {
        const [dx, dy] = [across * (width / 2 + 5), down * 0.9 * height];
        const box = boxAround(point.x + dx, point.y + dy, width + 4, height);
        const clash = hidden(box, names);
        const cost = 1e4 * clash + hidden(box, marks) + ASIDE * worse;
        if (best === null || cost < best.cost) best = { dx, dy, box, clash, cost };
      }
      const told = best.clash === 0 || tier === 0;
      label.style.visibility = told ? "" : "hidden";
      label.style.transform =
        "translate(calc(-50% + " + best.dx + "px), calc(-50% + " + best.dy + "px))";
      if (told) taken.push(best.box);
    });
  }

  // More is told as one comes closer: towns of tier n from zoom ground.townZooms[n], communes
  // from "near" on; from "close" on a site is seen by its outline, its sign grows smaller.
  function followZoom() {
    const from = { "siting-near": 9.75, "siting-close": 13 };
    ground.townZooms.forEach((zoom, tier) => (from["siting-towns-" + tier] = zoom));
    const follow = () => {
      for (const [name, zoom] of Object.entries(from)) {
        map.getContainer().classList.toggle(name, map.getZoom() >= zoom);
      }
      placeTowns();
    };
    map.on("zoomend", follow);
    follow();
    document.fonts.ready.then(placeTowns); // names are as wide as their letters
  }

  // --- Sites -----------------------------------------------------------------------------

  function addSites() {
    const name = pane("sites", 430, true);
    for (const site of view.sites) {
      const verdict = view.verdicts[site.verdict];
      const polygon = L.polygon(unpackRings(site.rings), {
        pane: name,
        className: "siting-outline",
        color: verdict.colour,
        weight: 2,
        fillColor: verdict.colour,
        fillOpacity: 0.25,
      });
      const icon = L.divIcon({
        className: "siting-site",
        html: symbol(verdict.symbol, site.size),
        iconSize: [site.size, site.size],
      });
      const marker = L.marker([site.y, site.x], { icon, riseOnHover: true });
      const badge = () => {
        const node = element("div", "siting-verdict");
        node.append(symbol(verdict.symbol, 14), verdict.label);
        return node;
      };
      for (const layer of [polygon, marker]) {
        layer.bindTooltip(() => card(site.name, badge(), site.lines), {
          sticky: layer === polygon,
          opacity: 1,
        });
        layer.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          fire("site", site.id);
        });
        layer.addTo(map);
      }
      // Leaflet has the keyboard reach a sign, and open nothing but its own popups.
      marker.on("keypress", (event) => {
        const { key } = event.originalEvent;
        if (key === "Enter" || key === " ") fire("site", site.id);
      });
      const node = marker.getElement();
      node.dataset.site = site.id;
      node.dataset.verdict = site.verdict;
      node.setAttribute("aria-label", site.name + ", " + verdict.label);
      found.site.set(site.id, { layer: polygon, marker, style: { weight: 2, fillOpacity: 0.25 } });
    }
  }

  // --- Legend: a strip along the bottom, that hides nothing of the land ---------------------

  function legendItem(sign, text, count) {
    const item = element("li", count ? "" : "siting-none");
    item.append(sign, element("span", "", text), element("b", "", String(count)));
    return item;
  }

  function swatch(colour) {
    const node = element("span", "siting-swatch");
    if (colour) node.style.background = colour;
    else node.classList.add("siting-swatch-unknown");
    return node;
  }

  function legendPart(title, note, items) {
    const part = element("section");
    const head = element("h4", "", title);
    head.append(element("small", "", note));
    const list = element("ul");
    list.append(...items);
    part.append(head, list);
    return part;
  }

  function addLegend() {
    const counted = (key) => view.units.filter((unit) => unit.class === key).length;
    const classes = view.classes.map((one, rank) =>
      legendItem(swatch(one.colour), one.label, counted(rank))
    );
    if (counted(null)) classes.push(legendItem(swatch(null), view.labels.unknown, counted(null)));
    const verdicts = Object.entries(view.verdicts).map(([code, verdict]) => {
      const count = view.sites.filter((site) => site.verdict === code).length;
      return legendItem(symbol(verdict.symbol, 14), verdict.label, count);
    });
    const strip = element("div", "siting-legend");
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", view.labels.legend);
    strip.append(
      legendPart(view.labels.territories, view.labels.stage, classes),
      legendPart(view.labels.sites, view.labels.size, verdicts)
    );
    L.DomEvent.disableClickPropagation(strip);
    L.DomEvent.disableScrollPropagation(strip);
    map.getContainer().append(strip);
    const follow = () => {
      map.getContainer().style.setProperty("--siting-legend", strip.offsetHeight + "px");
    };
    map.on("resize", follow);
    new ResizeObserver(follow).observe(strip);
    follow();
    return strip;
  }

  function addControls() {
    map.attributionControl.setPrefix(false).addAttribution(view.labels.attribution);
    L.control.zoom({
      zoomInTitle: view.labels.zoomIn,
      zoomOutTitle: view.labels.zoomOut,
    }).addTo(map);
    const home = L.control({ position: "topleft" });
    home.onAdd = () => {
      const bar = element("div", "leaflet-bar leaflet-control");
      const link = element("a", "siting-home", "⤢");
      link.href = "#";
      link.title = view.labels.home;
      link.setAttribute("role", "button");
      link.setAttribute("aria-label", view.labels.home);
      L.DomEvent.on(link, "click", (event) => {
        L.DomEvent.stop(event);
        showAll();
      });
      bar.append(link);
      return bar;
    };
    home.addTo(map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  }

  // --- View: the whole land, what is selected, or what was looked at before ------------------

  const MEMORY = "siting-map";

  // A new drawing of the map, after a filter or a reload, keeps the place looked at.
  function recall() {
    try {
      return JSON.parse(window.sessionStorage.getItem(MEMORY)) || {};
    } catch {
      return {};
    }
  }

  function keep(changes) {
    try {
      window.sessionStorage.setItem(MEMORY, JSON.stringify({ ...recall(), ...changes }));
    } catch {
      // Storage may be closed: the map then starts on the whole land.
    }
  }

  function showAll() {
    map.fitBounds(ground.bounds, {
      paddingTopLeft: [8, 8],
      paddingBottomRight: [8, legend.offsetHeight + 8],
    });
  }

  // Leaflet focuses the map at the first press of a button. Without this, a page that shows
  // only a part of the map would scroll under the pointer and the click would be lost.
  function focusInPlace() {
    const container = map.getContainer();
    container.focus = () => HTMLElement.prototype.focus.call(container, { preventScroll: true });
  }

  function start() {
    const seen = recall();
    if (seen.center) map.setView(seen.center, seen.zoom, { animate: false });
    else showAll();
    map.on("moveend", () => keep({ center: map.getCenter(), zoom: map.getZoom() }));
  }

  // --- Selection -------------------------------------------------------------------------

  function fire(kind, code) {
    select(kind, code, 0);
    map.fire("siting:select", { kind, code });
  }

  function emphasise(kind, code, on) {
    if (kind !== "site") {
      if (chosen) chosen.remove();
      const rings = on && outlines[kind] && outlines[kind][code];
      chosen = rings
        ? L.polygon(unpackRings(rings), {
            pane: "siting-chosen",
            className: "siting-chosen",
            color: INK,
            weight: 3.5,
            fill: false,
            interactive: false,
          }).addTo(map)
        : null;
      return;
    }
    const one = found.site.get(code);
    if (!one) return;
    one.layer.setStyle(on ? { weight: 4, fillOpacity: 0.4 } : one.style);
    one.marker.getElement().classList.toggle("siting-selected", on);
    one.marker.setZIndexOffset(on ? 10000 : 0);
  }

  function select(kind, code, move) {
    if (selected) emphasise(selected.kind, selected.code, false);
    selected = code === null ? null : { kind, code };
    const fresh = move > (recall().move || 0);
    if (fresh) keep({ move });
    if (!selected) return;
    emphasise(kind, code, true);
    const one = kind === "site" ? found.site.get(code) : chosen && { layer: chosen };
    if (fresh && one) {
      map.fitBounds(one.layer.getBounds(), {
        maxZoom: 11,
        paddingTopLeft: [50, 30],
        paddingBottomRight: [30, legend.offsetHeight + 30],
      });
    }
  }

  map.setView([(ground.bounds[0][0] + ground.bounds[1][0]) / 2, ground.bounds[0][1]], 8);
  addHatch();
  focusInPlace();
  addTerritories();
  addBorders();
  pane("chosen", 425, false);
  const layers = sitingLayers(map, ground, view, {
    element, symbol, card, pane, unpack, unpackRings, recall, keep,
  });
  addTowns();
  addSites();
  addControls();
  const legend = addLegend();
  start();
  followZoom();
  map.setMaxBounds(L.latLngBounds(ground.bounds).pad(0.6));
  map.siting = { select, layers };
}
