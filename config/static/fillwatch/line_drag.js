/**
 * Lines of a price chart that can be moved, by mouse or finger. Where a line is dropped is only a
 * proposal: a person sees the price and confirms it. Escape takes the line back.
 */

const NEAR_PX = { mouse: 5, touch: 16 };

/**
 * @param {HTMLElement} element the chart's
 * @param {object} chart what the drag needs of it:
 *   findLine(y, px): the id of a movable line that near, or null; toPrice(y): the price there, as a text;
 *   moveLine(id, price): shows the line there; hold(id): keeps the chart still while this line moves,
 *   until hold(null);
 *   drop(id, price): the line was dropped; price is null if it was not moved
 */
export function enableLineDrag(element, chart) {
  let drag = null;
  const readY = (event) => event.clientY - element.getBoundingClientRect().top;
  const findNear = (event) => chart.findLine(readY(event), NEAR_PX[event.pointerType] ?? NEAR_PX.mouse);

  function finish(price) {
    const { id } = drag;
    drag = null;
    chart.hold(null);
    chart.drop(id, price);
  }

  element.addEventListener("pointerdown", (event) => {
    const id = event.button === 0 ? findNear(event) : null;
    if (id === null) return;
    event.preventDefault(); // or the chart is moved too
    drag = { id, pointer: event.pointerId, price: null };
    element.setPointerCapture(event.pointerId);
    chart.hold(id);
  }, true);
  element.addEventListener("touchstart", (event) => {
    if (drag) event.preventDefault(); // or the page is scrolled
  }, { capture: true, passive: false });
  element.addEventListener("pointermove", (event) => {
    if (!drag) return element.classList.toggle("near-line", findNear(event) !== null);
    if (event.pointerId !== drag.pointer) return;
    drag.price = chart.toPrice(readY(event));
    if (drag.price) chart.moveLine(drag.id, drag.price);
  });
  element.addEventListener("pointerup", (event) => drag?.pointer === event.pointerId && finish(drag.price));
  element.addEventListener("pointercancel", (event) => drag?.pointer === event.pointerId && finish(null));
  document.addEventListener("keydown", (event) => event.key === "Escape" && drag && finish(null));
}
