/** Says in the page (`touch` on the body) whether a finger plays or keys and a mouse do, as what is written there differs. */
export function watchForTouch(): void {
  const { classList } = document.body;
  classList.toggle("touch", matchMedia("(pointer: coarse)").matches);
  const touched = ({ pointerType }: PointerEvent): void => {
    classList.toggle("touch", pointerType === "touch");
  };
  // Before the game, which keeps what it is told to itself.
  window.addEventListener("pointerdown", touched, { capture: true });
}
