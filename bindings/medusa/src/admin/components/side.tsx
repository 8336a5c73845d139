import { Drawer } from "@medusajs/ui"
import { useRef, type ReactNode } from "react"

/** A drawer beside the page. What had the focus when it opened has it again when it closes. */
export function Side({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const before = useRef(document.activeElement)
  const giveBack = (event: Event) => {
    event.preventDefault()
    if (before.current instanceof HTMLElement) before.current.focus()
  }
  return (
    <Drawer open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Drawer.Content onCloseAutoFocus={giveBack}>{children}</Drawer.Content>
    </Drawer>
  )
}
