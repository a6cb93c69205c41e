/// Sizes of elements that decide how they, or others, are laid out.

/**
 * Tells the size of an element now and whenever it changes, with the next frame: whoever lays out anew while sizes are being
 * told is told again and again, which the browser calls an error of the page.
 */
export function sized(tell: (width: number, height: number) => void): (node: HTMLElement) => () => void {
  return (node) => {
    tell(node.clientWidth, node.clientHeight);
    let next = 0;
    const told = () => {
      next = 0;
      tell(node.clientWidth, node.clientHeight);
    };
    const observer = new ResizeObserver(() => (next ||= requestAnimationFrame(told)));
    observer.observe(node);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(next);
    };
  };
}
