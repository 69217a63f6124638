// The layers that a user may switch on the map: places, areas, communes, and a background.
//
// `tools` are those of sitingMap, which calls this. Layers switched are told by
// "siting:layers", and set by the function returned. A background is asked for only once it is
// chosen, and is kept for this tab alone: no address of a page can have one asked for.
function sitingLayers(map, ground, view, tools) {
  "use strict";

  const { element, symbol, card, pane, unpack, unpackRings, recall, keep } = tools;
  const switches = new Map();
  let switched = null;
  let setting = false;

  function point(x, y, style, name, title, text) {
    const icon = L.divIcon({
      className: "siting-place siting-place-" + style,
      html: symbol(view.places[style].symbol, 12),
      iconSize: [12, 12],
    });
    return L.marker([y, x], { icon, pane: name, keyboard: false }).bindTooltip(
      () => card(text || title, null, text ? [title] : []), { opacity: 1 });
  }

  function placeLayer(style, name) {
    const title = view.places[style].title;
    const points = ground.points[style] || [];
    return points.map(([x, y, text]) => point(x, y, style, name, title, text));
  }

  function areaLayer(areas, name, colour) {
    return areas.map(([rings, text, kind]) =>
      L.polygon(unpackRings(rings), {
        pane: name,
        color: colour,
        weight: 1.2,
        dashArray: "4 3",
        fillColor: colour,
        fillOpacity: 0.16,
      }).bindTooltip(() => card(text || view.kinds[kind], null, text ? [view.kinds[kind] || kind] : []), {
        sticky: true,
        opacity: 1,
      })
    );
  }

  function communeLayer(name) {
    return L.polygon(Object.values(ground.units.commune).flatMap(unpackRings), {
      pane: name,
      color: "#8b8062",
      weight: 0.5,
      opacity: 0.7,
      fill: false,
      interactive: false,
    });
  }

  // What the sites themselves declare: a ring around their sign.
  function declaredLayer(mark, name) {
    return view.sites.filter((site) => site.marks.includes(mark)).map((site) => {
      const size = site.size + 10;
      const icon = L.divIcon({
        className: "siting-mark siting-mark-" + mark,
        iconSize: [size, size],
      });
      return L.marker([site.y, site.x], { icon, pane: name, interactive: false, keyboard: false });
    });
  }

  function overlays() {
    const below = pane("areas", 410, true);
    const communes = pane("communes", 405, false);
    const rings = pane("marks", 428, false);
    const places = pane("places", 440, true);
    return new Map([
      ["communes", [communeLayer(communes)]],
      ["protected_areas", areaLayer(ground.areas, below, "#2f7d4f")],
      ["brownfields", [
        ...areaLayer(ground.brownfields, below, "#8a3fa0"),
        ...declaredLayer("brownfields", rings),
      ]],
      ["stations", placeLayer("stations", places)],
      ["freight_sidings", [
        ...placeLayer("freight_sidings", places),
        ...declaredLayer("freight_sidings", rings),
      ]],
      ["interchanges", placeLayer("interchanges", places)],
      ["ports", placeLayer("ports", places)],
    ]);
  }

  // --- Layers switched by the user or by the address; told once they settle ----------------

  function shown() {
    return [...switches].filter(([, layer]) => map.hasLayer(layer)).map(([key]) => key);
  }

  function set(names) {
    setting = true; // one at a time: what is on meanwhile is nobody's choice
    for (const [key, layer] of switches) {
      if (names.includes(key) !== map.hasLayer(layer)) {
        if (names.includes(key)) layer.addTo(map);
        else layer.remove();
      }
    }
    setting = false;
    switched = shown().join();
  }

  function tell() {
    const now = shown().join();
    if (setting || now === switched) return;
    switched = now;
    map.fire("siting:layers", { names: now });
  }

  function overlayTitle(key) {
    const text = element("span");
    if (view.places[key]) text.append(symbol(view.places[key].symbol, 12), " ");
    else if (view.labels.marks.includes(key)) text.append(element("span", "siting-ring siting-mark-" + key), " ");
    text.append(view.labels.layers[key]);
    if (view.demonstration.includes(key)) {
      text.append(" ", element("em", "siting-demo", view.labels.demonstration));
    }
    return text.outerHTML;
  }

  // --- Background ----------------------------------------------------------------------------

  const told = element("p", "siting-failed");
  told.setAttribute("role", "status");
  told.hidden = true;
  map.getContainer().append(told);

  function tiles(choice) {
    const layer = L.tileLayer(choice.url, {
      maxNativeZoom: 18,
      referrerPolicy: "no-referrer",
      attribution: view.backgrounds.attribution,
    });
    layer.on("tileerror", () => {
      told.textContent = view.backgrounds.failed;
      told.hidden = false;
    });
    layer.on("tileload remove", () => (told.hidden = true));
    return layer;
  }

  function backgrounds() {
    const none = { name: "", title: view.backgrounds.none, layer: L.layerGroup() };
    const all = view.backgrounds.choices.map((one) => ({ ...one, layer: tiles(one) }));
    return [none, ...all];
  }

  function follow(choice) {
    const classes = map.getContainer().classList;
    classes.toggle("siting-background", choice.name !== "");
    classes.toggle("siting-background-plan", choice.name === "plan");
  }

  // --- Control -----------------------------------------------------------------------------

  const control = L.control.layers(null, null, { collapsed: true, position: "topright" });
  for (const [key, layers] of overlays()) {
    if (!layers.length) continue; // nothing of the kind is known: no switch
    const layer = L.layerGroup(layers);
    control.addOverlay(layer, overlayTitle(key));
    switches.set(key, layer);
  }
  const choices = backgrounds();
  for (const choice of choices) {
    control.addBaseLayer(choice.layer, element("span", "", choice.title).outerHTML);
  }
  const start = choices.find((one) => one.name === recall().background) || choices[0];
  start.layer.addTo(map);
  follow(start);
  control.addTo(map);
  const note = element("p", "siting-outside", view.backgrounds.told);
  control.getContainer().querySelector(".leaflet-control-layers-base").after(note);
  const toggle = control.getContainer().querySelector(".leaflet-control-layers-toggle");
  toggle.title = view.labels.layersTitle;
  toggle.setAttribute("aria-label", view.labels.layersTitle);
  toggle.append(element("span", "", view.labels.layersTitle));
  map.on("overlayadd overlayremove", tell);
  map.on("baselayerchange", (event) => {
    const choice = choices.find((one) => one.layer === event.layer);
    keep({ background: choice.name });
    follow(choice);
  });
  return set;
}
