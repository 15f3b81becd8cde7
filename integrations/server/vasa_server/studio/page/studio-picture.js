// The portrait with what was found in it: findings in words, landmarks, points that can be dragged.

const SVG = "http://www.w3.org/2000/svg";
// Places of our points among the 478 landmarks: the character's right eye first.
const FOUND = {
  right_eye: [33, 133, 159, 145], left_eye: [263, 362, 386, 374], mouth: [61, 291, 0, 17], chin: [152], outline: [234, 454],
};
const WORDS = {
  right_eye: ["right eye, outer corner", "right eye, inner corner", "right eye, top", "right eye, bottom"],
  left_eye: ["left eye, outer corner", "left eye, inner corner", "left eye, top", "left eye, bottom"],
  mouth: ["mouth, right corner", "mouth, left corner", "mouth, top", "mouth, bottom"], chin: ["chin"], outline: ["right cheek", "left cheek"],
};
// Where a face is likely to be, as shares of the picture.
const LIKELY = {
  right_eye: [[0.34, 0.42], [0.45, 0.42], [0.4, 0.39], [0.4, 0.45]], left_eye: [[0.66, 0.42], [0.55, 0.42], [0.6, 0.39], [0.6, 0.45]],
  mouth: [[0.43, 0.64], [0.57, 0.64], [0.5, 0.62], [0.5, 0.67]], chin: [[0.5, 0.78]], outline: [[0.25, 0.46], [0.75, 0.46]],
};

export class PicturePart {
  constructor(byId) {
    this.byId = byId;
    this.marks = null;
  }

  show(report) {
    this.byId("picture-part").hidden = false;
    const list = this.byId("findings");
    list.replaceChildren(
      ...finding("refusal", report.refusal ? [report.refusal] : []), ...finding("warning", report.warnings), ...finding("good", report.good),
    );
    this.byId("picture").hidden = !report.picture;
    this.byId("marks").replaceChildren();
    this.marks = null;
    const canDrag = Boolean(report.picture) && (Boolean(report.points) || ["no_face", "eyes_closed", "bad_points"].includes(report.reason));
    this.byId("points-hint").hidden = !canDrag;
    this.byId("rebake").hidden = !canDrag;
    if (!report.picture) return;
    this.byId("picture").src = report.picture;
    this.byId("marks").setAttribute("viewBox", `0 0 ${report.width} ${report.height}`);
    if (report.points) this.drawFound(report);
    if (canDrag) this.offerPoints(report);
  }

  drawFound({ points, width }) {
    const size = width / 400;
    const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
    const box = make("rect", { class: "box", x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys), "stroke-width": 2 * size });
    this.byId("marks").append(box, ...points.filter((_, i) => i % 3 === 0).map(([x, y]) => make("circle", { class: "found", cx: x, cy: y, r: size })));
  }

  offerPoints({ points, width, height }) {
    this.marks = {};
    for (const [part, words] of Object.entries(WORDS)) {
      this.marks[part] = words.map((_, i) => (points ? [...points[FOUND[part][i]]] : [LIKELY[part][i][0] * width, LIKELY[part][i][1] * height]));
      words.forEach((word, i) => this.byId("marks").append(this.point(this.marks[part][i], word, width, height)));
    }
  }

  point(place, word, width, height) {
    const circle = make("circle", { class: "point", r: width / 70, "stroke-width": width / 250, tabindex: 0, role: "slider", "aria-label": word, "aria-valuetext": "" });
    const put = (x, y) => {
      place[0] = Math.min(Math.max(x, 0), width);
      place[1] = Math.min(Math.max(y, 0), height);
      circle.setAttribute("cx", place[0]);
      circle.setAttribute("cy", place[1]);
      circle.setAttribute("aria-valuetext", `${Math.round(place[0])} right, ${Math.round(place[1])} down`);
    };
    put(...place);
    circle.addEventListener("pointerdown", (event) => { circle.setPointerCapture(event.pointerId); event.preventDefault(); });
    circle.addEventListener("pointermove", (event) => {
      if (!circle.hasPointerCapture(event.pointerId)) return;
      const box = this.byId("marks").getBoundingClientRect();
      put(((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height);
    });
    circle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const far = (event.shiftKey ? 10 : 2) * (width / 500);
      put(place[0] + step[0] * far, place[1] + step[1] * far);
    });
    return circle;
  }

  /** The points as the points file has them: a single point stands alone. */
  marked() {
    return { ...this.marks, chin: this.marks.chin[0] };
  }
}

function finding(kind, sentences) {
  return sentences.map((sentence) => {
    const item = document.createElement("li");
    item.className = kind;
    item.textContent = sentence;
    return item;
  });
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
