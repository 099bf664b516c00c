// Puts Plotly's charts in the place of those that the server drew, once they come into view.

/** Plotly's script, fetched once and only where there is a chart. */
let library;
function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("plotly.min.js", import.meta.url);
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

/** The colour that a custom property stands for, in light or dark as it is now. */
function colourOf(name) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function layoutOf(data, family) {
  const axis = { gridcolor: colourOf("--line"), zeroline: false, linecolor: colourOf("--line"), automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family, size: 12, color: colourOf("--muted") },
    margin: { l: 48, r: 12, t: 8, b: 28 },
    showlegend: false,
    hovermode: "x unified",
    hoverlabel: { bgcolor: colourOf("--surface"), bordercolor: colourOf("--line"), font: { color: colourOf("--text") } },
    dragmode: "zoom",
    xaxis: { ...axis, showgrid: false, title: undefined, hoverformat: "d", tickformat: "d" },
    yaxis: axis,
  };
}

/** Names are data, and Plotly reads some tags in them. */
function asText(name) {
  return name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function tracesOf(data) {
  return data.series.map((series) => {
    const color = colourOf(`--series-${series.colour}`);
    return {
      type: "scatter",
      mode: series.x.length > 80 ? "lines" : "lines+markers",
      name: asText(series.name),
      x: series.x,
      y: series.y,
      line: { color, width: 2 },
      marker: { color, size: 6 },
    };
  });
}

async function draw(figure) {
  const data = JSON.parse(figure.dataset.chart);
  const place = figure.querySelector(".chart-live");
  const library = await plotly();
  const family = getComputedStyle(document.body).fontFamily;
  await library.react(place, tracesOf(data), layoutOf(data, family), { displayModeBar: false, responsive: true });
  figure.classList.add("is-live");
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    // Where it cannot be drawn, what the server drew stays.
    draw(target).catch((error) => console.warn("a chart stays as it was drawn by the server", error));
  }
}, { rootMargin: "200px" });

for (const figure of document.querySelectorAll("[data-chart]")) seen.observe(figure);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const figure of document.querySelectorAll(".chart.is-live")) draw(figure);
});
